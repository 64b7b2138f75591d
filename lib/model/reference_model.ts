/**
 * The reference model: the transformer of Dream and LLaDA in plain TypeScript. It is the oracle of the native engine's
 * tests, and lets small models be decoded from where no compiler is at hand.
 *
 * @module
 */
import { loadCheckpoint } from "./checkpoint.ts";
import { type AdapterOptions, mergeAdapter } from "./lora.ts";
import type { InspectableModel, InspectableSession } from "./inspection.ts";
import { modelSpec, sessionPositions } from "./model_spec.ts";
import { ReferenceSession } from "./reference_session.ts";
import {
  readReferenceWeights,
  type ReferenceWeights,
} from "./reference_weights.ts";
import { ropeTable } from "./rope.ts";
import type { TensorSource } from "./tensor_source.ts";
import type { ModelSpec } from "./types.ts";

/** Options of the reference model. */
export interface ReferenceModelOptions {
  /** `bf16` rounds matrices and their inputs as a native bf16 model does. Default `f32`. */
  readonly dtype?: "f32" | "bf16";
}

/** A model that computes in plain TypeScript. */
export class ReferenceModel implements InspectableModel {
  /** What decoding needs to know of the model. */
  readonly spec: ModelSpec;
  #config: TensorSource["config"];
  #weights: ReferenceWeights;

  /** Reads all weights of `source`, which may be closed afterwards. */
  constructor(source: TensorSource, options: ReferenceModelOptions = {}) {
    this.spec = modelSpec(source);
    this.#config = source.config;
    this.#weights = readReferenceWeights(source, {
      bf16: options.dtype === "bf16",
    });
  }

  /** Opens a session for one sequence. */
  open(options: { readonly maxPositions?: number } = {}): InspectableSession {
    const maxPositions = sessionPositions(this.spec, options.maxPositions);
    const rope = ropeTable(maxPositions, {
      headDim: this.#config.headDim,
      theta: this.#config.ropeTheta,
    });
    return new ReferenceSession({
      config: this.#config,
      weights: this.#weights,
      rope,
    }, { spec: this.spec, maxPositions });
  }

  /** Does nothing: there is nothing but memory. */
  close(): void {}
}

/**
 * Loads a checkpoint folder into a {@linkcode ReferenceModel}. Needs read permission.
 *
 * @throws {ConfigError} When `config.json` describes a network not computed here.
 * @throws {SafetensorsError} When a weight file is not what its header says.
 * @throws {CheckpointError} When the tensors are not those the configuration calls for.
 * @throws {AdapterError} When the adapter does not fit the model.
 */
export async function loadReferenceModel(
  directory: string,
  options: ReferenceModelOptions & AdapterOptions & {
    readonly adapter?: string;
  } = {},
): Promise<ReferenceModel> {
  using checkpoint = await loadCheckpoint(directory);
  const source = options.adapter === undefined
    ? checkpoint
    : await mergeAdapter(checkpoint, options.adapter, options);
  return new ReferenceModel(source, options);
}
