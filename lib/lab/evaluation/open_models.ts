/**
 * Models and adapters of one run by the names of their folders, one open at a time.
 *
 * @module
 */
import { join } from "node:path";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { mergeAdapter } from "../../model/lora.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import type { ModelFamily } from "../../model/types.ts";
import { type EvaluatedModel, openLanes } from "./lanes.ts";
import { modelPlace } from "./model_place.ts";
import { MODELS_FOLDER } from "./trained_models.ts";

/** What is known of a model without loading its weights into an engine. */
export interface ModelFacts {
  /** Architecture. */
  readonly family: ModelFamily;
  /** Digest of its files, those of its adapter included. */
  readonly digest: string;
  /** Digest of its tokenizer. */
  readonly tokenizer: string;
}

/** The models of a folder. An adapter's base is the folder of the name that it gives, beside it. */
export class OpenModels {
  /** Where they lie. */
  readonly folder: string;
  readonly #load: typeof openLanes;
  #open: { readonly name: string; readonly model: EvaluatedModel } | null =
    null;

  /** `folder`: where they lie; `load`: opens one, by default on the native engine in bf16. */
  constructor(
    options: {
      readonly folder?: string;
      readonly load?: typeof openLanes;
    } = {},
  ) {
    this.folder = options.folder ?? MODELS_FOLDER;
    this.#load = options.load ?? openLanes;
  }

  /** Family and digests of a model with its adapter. */
  async facts(name: string): Promise<ModelFacts> {
    const { base, adapter } = await modelPlace(join(this.folder, name));
    using checkpoint = await loadCheckpoint(base);
    const { digest } = adapter === null
      ? checkpoint
      : await mergeAdapter(checkpoint, adapter);
    const tokenizer = (await loadTokenizer(base)).digest;
    return { digest, family: checkpoint.config.family, tokenizer };
  }

  /** Opens a model; the one before is freed first. Rejects with what the loader throws. */
  async open(name: string): Promise<EvaluatedModel> {
    if (this.#open?.name !== name) {
      await this.close();
      const { base, adapter } = await modelPlace(join(this.folder, name));
      const model = await this.#load(base, adapter === null ? {} : { adapter });
      this.#open = { name, model };
    }
    return this.#open.model;
  }

  /** Frees the open model. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.model.close();
  }
}
