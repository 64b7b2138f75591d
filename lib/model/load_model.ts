/**
 * From a folder to a model on the native engine.
 *
 * @module
 */
import { loadCheckpoint } from "./checkpoint.ts";
import { type AdapterOptions, mergeAdapter } from "./lora.ts";
import { NativeModel, type NativeOptions } from "./native_model.ts";

/** How a model is loaded. */
export interface LoadOptions extends NativeOptions, AdapterOptions {
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
 */
export async function loadModel(
  directory: string,
  options: LoadOptions = {},
): Promise<NativeModel> {
  using checkpoint = await loadCheckpoint(directory);
  const source = options.adapter === undefined
    ? checkpoint
    : await mergeAdapter(checkpoint, options.adapter, options);
  return await NativeModel.create(source, options);
}
