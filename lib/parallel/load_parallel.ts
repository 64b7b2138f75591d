/**
 * From a folder to a model on several devices.
 *
 * @module
 */
import { loadCheckpoint } from "../model/checkpoint.ts";
import { type AdapterOptions, mergeAdapter } from "../model/lora.ts";
import { BranchParallelModel, type CreateParallelOptions } from "./model.ts";

/** How a model is loaded onto devices. */
export interface LoadParallelOptions
  extends CreateParallelOptions, AdapterOptions {
  /** Folder of a PEFT LoRA adapter to merge into the weights. */
  readonly adapter?: string;
}

/**
 * Loads a checkpoint folder in Hugging Face layout onto devices of this process, one per rank of the mesh. Throws as `loadModel`
 * does, and a `MeshError` when the mesh does not fit the model.
 *
 * @example LoPA over two devices of one thread each
 * ```ts
 * import { goldenDirectory, loadParallelModel, lopa, runDecode } from "dllm-lab";
 *
 * await using model = await loadParallelModel(
 *   `${await goldenDirectory()}/checkpoints/dream-tiny`,
 *   { mesh: { bp: 2, tp: 1 } },
 * );
 * const decoder = lopa({ lookaheads: 3, blockSize: 8, maxNewTokens: 16 });
 * const { result } = await runDecode(model, decoder, Int32Array.of(1, 2, 3));
 * console.log(result.ids, model.lost);
 * ```
 */
export async function loadParallelModel(
  directory: string,
  options: LoadParallelOptions,
): Promise<BranchParallelModel> {
  using checkpoint = await loadCheckpoint(directory);
  const source = options.adapter === undefined
    ? checkpoint
    : await mergeAdapter(checkpoint, options.adapter, options);
  return await BranchParallelModel.create(source, options);
}
