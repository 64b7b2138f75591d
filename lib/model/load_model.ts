/**
 * From a folder to a model on the native engine.
 *
 * @module
 */
import { loadCheckpoint } from "./checkpoint.ts";
import { type AdapterOptions, mergeAdapter } from "./lora.ts";
import { NativeModel, type NativeModelOptions } from "./native_model.ts";

/** How a model is loaded. */
export interface LoadModelOptions extends NativeModelOptions, AdapterOptions {
  /** Folder of a PEFT LoRA adapter to merge into the weights. */
  readonly adapter?: string;
}

/**
 * Loads a checkpoint folder in Hugging Face layout onto a device. Needs read permission, and ffi permission for the native
 * library.
 *
 * @throws {ConfigError} When `config.json` describes a network not computed here.
 * @throws {SafetensorsError} When a weight file is not what its header says.
 * @throws {CheckpointError} When the tensors are not those the configuration calls for.
 * @throws {AdapterError} When the adapter does not fit the model.
 * @throws {NonFiniteError} When a tensor holds NaN or infinity.
 *
 * @example One forward of a tiny model that ships with the kit
 * ```ts
 * import { goldenDirectory, loadModel } from "dllm-lab";
 *
 * using model = await loadModel(`${await goldenDirectory()}/checkpoints/dream-tiny`);
 * const session = model.open({ maxPositions: 8 });
 * const maskId = model.spec.maskId!; // null in a causal model
 * const { branches } = await session.forward({
 *   cache: [],
 *   cached: [],
 *   branches: [{
 *     start: 0,
 *     tokens: Int32Array.of(1, 2, 3, maskId),
 *     predict: Int32Array.of(3),
 *   }],
 *   commitRows: 0,
 *   visibility: { kind: "full" },
 *   sampling: {
 *     temperature: 0,
 *     topP: null,
 *     topK: null,
 *     confidenceFrom: "raw",
 *     confidenceDtype: "f32",
 *     entropyEpsilon: 1e-10,
 *     barred: [maskId],
 *   },
 * });
 * console.log(branches[0]!.tokens, branches[0]!.probability);
 * session.close();
 * ```
 */
export async function loadModel(
  directory: string,
  options: LoadModelOptions = {},
): Promise<NativeModel> {
  using checkpoint = await loadCheckpoint(directory);
  const source = options.adapter === undefined
    ? checkpoint
    : await mergeAdapter(checkpoint, options.adapter, options);
  return await NativeModel.create(source, options);
}
