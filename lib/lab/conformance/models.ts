/**
 * The checkpoints of a directory, each loaded once.
 *
 * @module
 */
import type { Device } from "../../engine/mod.ts";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { FloatType } from "../../model/float_types.ts";
import type { InspectableModel } from "../../model/inspection.ts";
import { NativeModel } from "../../model/native_model.ts";
import { ReferenceModel } from "../../model/reference_model.ts";
import { expectedTensors } from "../../model/tensor_names.ts";
import type { GoldenDirectory } from "./directory.ts";

/** What computes: the native engine in f32, or the plain TypeScript model. */
export type EngineKind = "native" | "reference";

/** A checkpoint as conformance needs it. */
export interface LoadedCheckpoint {
  readonly name: string;
  readonly model: InspectableModel;
  readonly config: ModelConfig;
  /** `null` where the folder has no `toy_vocab.json`. */
  readonly vocabulary: ToyVocabulary | null;
}

/** `toy_vocab.json` of a checkpoint. */
export interface ToyVocabulary {
  /** Text of every id. */
  readonly id_to_string: readonly string[];
  readonly bos: number;
  readonly eos: number;
  readonly mask: number;
}

/** Loads and keeps the checkpoints of one directory. */
export class ModelPool implements AsyncDisposable {
  readonly #directory: GoldenDirectory;
  readonly #device: Device | null;
  readonly #loaded = new Map<string, Promise<LoadedCheckpoint>>();

  /** `device`: where models run; `null` for the plain TypeScript model. */
  constructor(directory: GoldenDirectory, device: Device | null) {
    this.#directory = directory;
    this.#device = device;
  }

  /** The device of the native engine, `null` when there is none in use. */
  get device(): Device | null {
    return this.#device;
  }

  /** Loads `checkpoints/<name>`, in f32, or gives the one loaded before. */
  load(name: string): Promise<LoadedCheckpoint> {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const loading = this.#load(name);
    this.#loaded.set(name, loading);
    return loading;
  }

  /** The configuration of a checkpoint and the type of its matrices, without loading the weights. */
  async describe(
    name: string,
  ): Promise<{ readonly config: ModelConfig; readonly type: FloatType }> {
    using source = await loadCheckpoint(
      this.#directory.resolve(`checkpoints/${name}`),
    );
    const [first] = expectedTensors(source.config).keys();
    return { config: source.config, type: source.type(first!) };
  }

  async #load(name: string): Promise<LoadedCheckpoint> {
    const folder = `checkpoints/${name}`;
    if (!(await this.#directory.folders("checkpoints")).includes(name)) {
      throw new RangeError(`there is no ${folder} in ${this.#directory.path}`);
    }
    const files = await this.#directory.files(folder);
    const vocabulary = files.includes("toy_vocab.json")
      ? await this.#directory.json<ToyVocabulary>(`${folder}/toy_vocab.json`)
      : null;
    using source = await loadCheckpoint(this.#directory.resolve(folder));
    const model = this.#device === null
      ? new ReferenceModel(source)
      : await NativeModel.create(source, { device: this.#device });
    return { name, model, config: source.config, vocabulary };
  }

  /** Frees all models. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = await Promise.allSettled(this.#loaded.values());
    this.#loaded.clear();
    for (const loaded of all) {
      if (loaded.status === "fulfilled") loaded.value.model.close();
    }
  }
}
