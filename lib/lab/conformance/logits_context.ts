/**
 * What the cases of one folder of `logits/` share.
 *
 * @module
 */
import type { Visibility } from "../../model/types.ts";
import type { GoldenDirectory } from "./directory.ts";
import type { ArrayEntry, ArrayMeta } from "./logits_plan.ts";
import type { LoadedCheckpoint } from "./models.ts";
import type { Comparison } from "./outcome.ts";

/** What the cases of one checkpoint share. */
export interface LogitsContext {
  readonly group: string;
  readonly directory: GoldenDirectory;
  readonly folder: string;
  readonly checkpoint: LoadedCheckpoint;
}

/** The visibility that a meta names. */
export function visibilityOf(meta: ArrayMeta): Visibility {
  if (meta.attention === "full") return { kind: "full" };
  if (meta.attention !== "block-causal" && meta.attention !== "causal") {
    throw new RangeError(
      `attention "${meta.attention}", wanted full, block-causal or causal`,
    );
  }
  return {
    kind: "block-causal",
    promptLength: meta.prompt_length!,
    blockSize: meta.block_size!,
  };
}

/** A recorded array, its shape compared with its meta. */
export async function recorded(
  entry: ArrayEntry,
  { directory, folder, check }: LogitsContext & { readonly check: Comparison },
): Promise<Float32Array> {
  const { shape, data } = await directory.npy(`${folder}/${entry.file}`);
  check.equal("shape", { got: shape, want: entry.meta.shape });
  return data;
}
