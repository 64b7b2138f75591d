/**
 * The models that are timed: those trained here, and stand-ins for as long as they are missing.
 *
 * @module
 */
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { randomSource, SHAPES } from "../../model/random_model.ts";
import { loadTokenizer } from "../../model/tokenizer.ts";
import type { TensorSource } from "../../model/tensor_source.ts";
import type { ModelFamily } from "../../model/types.ts";
import {
  MODELS_FOLDER,
  presentModels,
  type TrainedModel,
} from "../evaluation/trained_models.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { idCodec, type TextCodec } from "./lopa_dist_decode.ts";

/** Stand-ins: a golden model of 0.14 M parameters, and random weights in the size of the trained models. */
export const STAND_INS = ["dream-tiny", "random-192x6"] as const;

/** A stand-in. */
export type StandIn = (typeof STAND_INS)[number];

/** A model that can be timed. */
export type TimedModel = TrainedModel | StandIn;

/** What is known of a model without its weights. */
export interface TimedModelFacts {
  readonly family: ModelFamily;
  /** Digest of its files, or what its random weights are made of. */
  readonly digest: string;
  /** Digest of its tokenizer. */
  readonly tokenizer: string;
}

/** A model's weights, not yet on any device. */
export interface TimedSource {
  readonly source: TensorSource;
  readonly codec: TextCodec;
  /** Element type of its matrices. */
  readonly dtype: "f32" | "bf16";
  /** Closes the files. */
  close(): void;
}

const RANDOM = () => randomSource(SHAPES.small);

/** Whether a model is a stand-in. */
export function isStandIn(model: TimedModel): model is StandIn {
  return (STAND_INS as readonly string[]).includes(model);
}

/** Where models lie. */
export class TimedModels {
  readonly #folder: string;

  /** `folder`: that of the trained models. */
  constructor(folder: string = MODELS_FOLDER) {
    this.#folder = folder;
  }

  /** Names of the trained models that are there and trained to the end. */
  present(): Promise<TrainedModel[]> {
    return presentModels(this.#folder);
  }

  /** Family and digests. */
  async facts(model: TimedModel): Promise<TimedModelFacts> {
    const { source, codec, close } = await this.open(model);
    const { config: { family }, digest } = source;
    close();
    return { family, digest, tokenizer: codec.digest };
  }

  /** Opens a model's files. Rejects with what the loaders throw. */
  async open(model: TimedModel): Promise<TimedSource> {
    if (model === "random-192x6") {
      const source = RANDOM();
      const codec = idCodec("made-up ids");
      return { source, codec, dtype: "bf16", close() {} };
    }
    const folder = model === "dream-tiny"
      ? `${await goldenDirectory()}/checkpoints/${model}`
      : `${this.#folder}/${model}`;
    const codec = await loadTokenizer(folder);
    const source = await loadCheckpoint(folder);
    const dtype = model === "dream-tiny" ? "f32" : "bf16";
    return { source, codec, dtype, close: () => source.close() };
  }
}
