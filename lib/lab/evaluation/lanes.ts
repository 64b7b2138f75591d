/**
 * A checkpoint opened several times, so that as many problems are decoded at once: forwards of small models gain more from that
 * than from threads within one.
 *
 * @module
 */
import { Device } from "../../engine/mod.ts";
import { loadModel } from "../../model/load_model.ts";
import { loadTokenizer, type Tokenizer } from "../../model/tokenizer.ts";
import type { DiffusionModel } from "../../model/types.ts";

/** A model to be evaluated. */
export interface EvaluatedModel {
  /** The same model, once per decode that runs at a time; at least one. */
  readonly lanes: readonly DiffusionModel[];
  /** Its tokenizer. */
  readonly tokenizer: Tokenizer;
  /** Frees everything. */
  close(): Promise<void>;
}

/** How a checkpoint is opened. */
export interface LaneOptions {
  /** Element type of the matrices. Default `bf16`. */
  readonly dtype?: "f32" | "bf16";
  /** Decodes at a time, each on one thread. Default two per core, at most 8. */
  readonly lanes?: number;
  /** LoRA adapter folder, merged at load. */
  readonly adapter?: string;
}

/** Lanes where the caller names no number: two per core, so that a core has work while a decode is between two forwards. */
export function defaultLanes(): number {
  return Math.min(8, 2 * Math.max(1, navigator.hardwareConcurrency));
}

/** Opens a checkpoint folder. Rejects with what the loaders throw; nothing stays open then. */
export async function openLanes(
  directory: string,
  options: LaneOptions = {},
): Promise<EvaluatedModel> {
  const { dtype = "bf16", lanes = defaultLanes(), adapter } = options;
  const tokenizer = await loadTokenizer(directory);
  const open: { close(): void | Promise<void> }[] = [];
  const close = async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  };
  try {
    const models: DiffusionModel[] = [];
    for (let lane = 0; lane < lanes; lane++) {
      const device = await Device.open({ threads: 1 });
      open.push({ close: () => device.closeAsync() });
      const model = await loadModel(directory, {
        device,
        dtype,
        ...(adapter === undefined ? {} : { adapter }),
      });
      open.push(model);
      models.push(model);
    }
    return { lanes: models, tokenizer, close };
  } catch (error) {
    await close();
    throw error;
  }
}
