/**
 * `branch_helpers.json`: block tables and branch scores.
 *
 * @module
 */
import { activateBlocks, sharedPrefixEnd } from "../../decoding/blocks.ts";
import { branchScore } from "../../decoding/lopa_score.ts";
import type { BlockState } from "../../decoding/types.ts";
import type { Comparison } from "./outcome.ts";
import type { RowSampler, SampledRow } from "./samplers.ts";
import type { SamplingCase, SamplingFile } from "./sampling.ts";

interface PrefixCase {
  readonly prompt_length: number;
  readonly branches:
    readonly (readonly [number, number, number, BlockState][])[];
  readonly shared_prefix_end: number;
}

interface CompletionCase {
  readonly decoded_token_threshold: number;
  /** [masks, size, activated]. */
  readonly blocks_before: readonly (readonly [number, number, number])[];
  readonly is_complete_after: readonly number[];
}

interface ScoreCase {
  readonly logits: readonly (readonly number[])[];
  readonly x_t: readonly number[];
  readonly mask_token_id: number;
  readonly shared_prefix_end: number;
  readonly branch_start_in_input: number;
  readonly branch_length: number;
  readonly creation_token_confidence: number;
  readonly results_strategy_topp_alpha_value: readonly (readonly [
    string,
    number,
    number,
    number,
  ])[];
}

function comparePrefix(check: Comparison, given: PrefixCase): void {
  const tables = given.branches.map((blocks) =>
    blocks.map(([start, end, masks, state]) => ({
      start,
      end,
      masks,
      state,
      activated: false,
    }))
  );
  check.equal("shared prefix end", {
    got: sharedPrefixEnd(tables),
    want: given.shared_prefix_end,
  });
}

function compareCompletion(check: Comparison, given: CompletionCase): void {
  let start = 0;
  const blocks = given.blocks_before.map(([masks, size, activated]) => {
    const block = {
      start,
      end: start + size,
      masks,
      state: "active",
      activated: activated === 1,
    } as const;
    start += size;
    return block;
  });
  check.equal("activated", {
    got: activateBlocks(blocks, given.decoded_token_threshold).map((block) =>
      Number(block.activated)
    ),
    want: given.is_complete_after,
  });
}

const READ: Readonly<Record<string, (row: SampledRow) => number>> = {
  default: (row) => row.probability,
  margin: (row) => row.margin,
  neg_entropy: (row) => row.negEntropy,
};

async function compareScores(
  check: Comparison,
  given: ScoreCase,
  sampler: RowSampler,
): Promise<void> {
  const { shared_prefix_end: prefix, branch_start_in_input: first } = given;
  const rows = await sampler(given.logits, {});
  const masked = [...given.x_t.keys()].filter((position) =>
    position >= prefix && given.x_t[position] === given.mask_token_id
  ).map((position) => rows[first + position - prefix]!);
  for (const result of given.results_strategy_topp_alpha_value) {
    const [strategy, branchTopP, alpha, value] = result;
    const read = READ[strategy];
    if (read === undefined) throw new RangeError(`strategy "${strategy}"`);
    check.near(`${strategy} top-p ${branchTopP} alpha ${alpha}`, {
      got: branchScore(masked.map(read), {
        creation: given.creation_token_confidence,
        branchTopP,
        creationWeight: Math.min(1, Math.max(0, alpha)),
        confidenceDtype: "f32",
      }),
      want: value,
      tolerance: 1e-5,
    });
  }
}

/** Cases of `branch_helpers.json`. */
export const branchHelpers: SamplingFile = {
  keys: ["shared_prefix", "block_completion", "branch_confidence"],
  *cases(file, { samplers }): Generator<SamplingCase> {
    for (const [i, given] of (file.shared_prefix as PrefixCase[]).entries()) {
      yield {
        name: `shared_prefix[${i}]`,
        run: (check) => comparePrefix(check, given),
      };
    }
    const completions = file.block_completion as CompletionCase[];
    for (const [i, given] of completions.entries()) {
      yield {
        name: `block_completion[${i}]`,
        run: (check) => compareCompletion(check, given),
      };
    }
    for (const { label, sampler } of samplers) {
      const scores = file.branch_confidence as ScoreCase[];
      for (const [i, given] of scores.entries()) {
        yield {
          name: `branch_confidence[${i}]${label}`,
          run: (check) => compareScores(check, given, sampler),
        };
      }
    }
  },
};
