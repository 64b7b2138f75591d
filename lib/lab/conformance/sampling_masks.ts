/**
 * `attention_masks.json`: what rows see.
 *
 * @module
 */
import { visibilityLimit } from "../../model/visibility.ts";
import type { Comparison } from "./outcome.ts";
import type { SamplingCase, SamplingFile } from "./sampling.ts";

interface MaskCase {
  readonly prompt_length: number;
  readonly max_length: number;
  readonly block_size: number;
  readonly full: readonly string[];
  readonly extracts: readonly {
    readonly start_pos: number;
    readonly input_length: number;
    readonly cache_length: number;
    readonly use_full_attention: boolean;
    readonly rows: readonly string[];
  }[];
}

function compareMasks(check: Comparison, given: MaskCase): void {
  const blockCausal = {
    kind: "block-causal",
    promptLength: given.prompt_length,
    blockSize: given.block_size,
  } as const;
  const row = (
    position: number,
    { columns, full }: { columns: readonly number[]; full: boolean },
  ) => {
    const limit = visibilityLimit(
      full ? { kind: "full" } : blockCausal,
      position,
    );
    return columns.map((column) => column < limit ? "1" : "0").join("");
  };
  const range = (start: number, length: number) =>
    Array.from({ length }, (_, i) => start + i);
  const all = range(0, given.max_length);
  check.equal("full", {
    got: all.map((position) => row(position, { columns: all, full: false })),
    want: given.full,
  });
  for (const [i, extract] of given.extracts.entries()) {
    const input = range(extract.start_pos, extract.input_length);
    const columns = [...range(0, extract.cache_length), ...input];
    check.equal(`extracts[${i}]`, {
      got: input.map((position) =>
        row(position, { columns, full: extract.use_full_attention })
      ),
      want: extract.rows,
    });
  }
}

/** Cases of `attention_masks.json`. */
export const attentionMasks: SamplingFile = {
  keys: ["cases"],
  *cases(file): Generator<SamplingCase> {
    for (const [i, given] of (file.cases as MaskCase[]).entries()) {
      yield { name: `cases[${i}]`, run: (check) => compareMasks(check, given) };
    }
  },
};
