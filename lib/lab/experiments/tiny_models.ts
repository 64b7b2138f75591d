/**
 * The tiny models that ship with the golden data, opened when first needed.
 *
 * @module
 */
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { loadModel } from "../../model/load_model.ts";
import { loadTokenizer, type Tokenizer } from "../../model/tokenizer.ts";
import type { DiffusionModel, ModelSpec } from "../../model/types.ts";
import type { TinyModel } from "../claims/tiny_claims.ts";
import { goldenDirectory } from "../golden_archive.ts";

/** A model that can be freed. */
export interface OwnedModel extends DiffusionModel {
  /** Frees it. */
  close(): void;
}

/** An open tiny model. */
export interface OpenTinyModel {
  readonly model: OwnedModel;
  readonly tokenizer: Tokenizer;
}

/** What is known of a tiny model without loading its weights. */
export interface TinyModelFacts {
  readonly family: ModelSpec["family"];
  /** Digest of its files. */
  readonly digest: string;
}

/** The tiny models of one run, each opened at most once. */
export class TinyModels {
  readonly #open = new Map<TinyModel, Promise<OpenTinyModel>>();
  readonly #load: (directory: string) => Promise<OwnedModel>;

  /** `load` opens a checkpoint folder; by default on the native engine in f32. */
  constructor(
    load: (directory: string) => Promise<OwnedModel> = (directory) =>
      loadModel(directory),
  ) {
    this.#load = load;
  }

  /** Family and digest of a model. */
  async facts(name: TinyModel): Promise<TinyModelFacts> {
    using checkpoint = await loadCheckpoint(await folder(name));
    const { digest, config } = checkpoint;
    return { digest, family: config.family };
  }

  /** Opens a model. Rejects with what the loader throws, e.g. where no native library can be built. */
  open(name: TinyModel): Promise<OpenTinyModel> {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opening = folder(name).then(async (directory) => ({
      tokenizer: await loadTokenizer(directory),
      model: await this.#load(directory),
    }));
    this.#open.set(name, opening);
    return opening;
  }

  /** Frees the models. */
  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const entry of open) {
      if (entry.status === "fulfilled") entry.value.model.close();
    }
  }
}

async function folder(name: TinyModel): Promise<string> {
  return `${await goldenDirectory()}/checkpoints/${name}`;
}
