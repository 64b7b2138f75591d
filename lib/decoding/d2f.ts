/**
 * D2F, single branch (arXiv 2508.09192 section 4; spec section 2): blocks are decoded in parallel behind a cached prefix, each
 * filled by confidence threshold, and cached one forward after they were completed.
 *
 * Rules: `dream` (LoPA's single-branch decoder, in which by default every row sees everything), `llada` (D2F's own:
 * block-causal, no logits shift, no boundary row) and `diffucoder` (block-causal; the confidence is the probability, mask
 * counts go down by the number of fills, growth ends at the padding token).
 *
 * @module
 */
import type { CacheOperation, ModelSpec, Predictions } from "../model/types.ts";
import {
  commitRange,
  completeBlocks,
  firstActive,
  markCached,
  recountMasks,
} from "./blocks.ts";
import {
  type BlockSequence,
  growSequence,
  isFinished,
  promptSequence,
  writeTokens,
} from "./blocks_sequence.ts";
import { candidateRows, chooseFills } from "./d2f_fill.ts";
import {
  blockFields,
  type BlockTableOptions,
  checkOneBlockFits,
} from "./d2f_options.ts";
import {
  blockRequest,
  type BlockRules,
  blockRules,
  branchWindow,
  checkStepCap,
  masksFrom,
} from "./d2f_rules.ts";
import { nullable, oneOf, resolveOptions } from "./options.ts";
import { type SamplerInputs, uniformsOf } from "./sampling.ts";
import type { BlockRecord, Decoder, Fill, Transition } from "./types.ts";

/** Options of {@linkcode d2f}. */
export interface D2fOptions extends BlockTableOptions {
  /** Whose conventions to follow, default `dream`. */
  readonly rule?: "dream" | "llada" | "diffucoder";
  /** What rows see; default `null` for the rule's own: `full` under `dream`, `block-causal` under the others. */
  readonly visibility?: "full" | "block-causal" | null;
}

/** State between two forwards. */
interface D2fState {
  /** Options resolved for the prompt. */
  readonly rules: BlockRules;
  /** Tokens and blocks, grown for the pending forward. */
  readonly sequence: BlockSequence;
  /** Forwards answered. */
  readonly forwards: number;
  /** Positions cached before the pending forward. */
  readonly cached: number;
  /** First position of the pending forward. */
  readonly start: number;
  /** Leading positions that it commits. */
  readonly commitRows: number;
  /** Masked positions that the pending forward predicts. */
  readonly predict: Int32Array;
}

/**
 * The D2F decoder (arXiv 2508.09192, section 4): one branch, no lookaheads. A fill's score is the
 * probability of its token.
 *
 * @throws {TypeError} for unknown or mistyped options.
 * @throws {RangeError} for options out of range.
 */
export function d2f(
  options: D2fOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const resolved = resolveOptions<D2fOptions>(options, {
    rule: oneOf(["dream", "llada", "diffucoder"]),
    visibility: nullable(oneOf(["full", "block-causal"])),
    ...blockFields(options),
  }, { owner: "d2f" });
  const { rule, strategy, temperature } = resolved;
  checkOneBlockFits(resolved);
  if (rule === "diffucoder" && strategy !== "probability") {
    throw new RangeError(
      `strategy is "${strategy}"; DiffuCoder's rule knows only "probability", choose that or another rule`,
    );
  }
  const visibility = resolved.visibility ??
    (rule === "dream" ? "full" : "block-causal");
  const uniforms = uniformsOf(resolved, inputs);

  /** Grows the sequence and asks for the next forward, or ends. */
  function advance(
    state: D2fState,
    cache: readonly CacheOperation[],
  ): Transition<D2fState> {
    const { rules, forwards, cached } = state;
    const { maskId, stepCap } = rules;
    const sequence = growSequence(state.sequence, rules);
    const commit = commitRange(sequence.blocks, Infinity);
    const start = (commit ?? firstActive(sequence.blocks))?.start;
    if (isFinished(sequence, maskId) || start === undefined) {
      return {
        state: { ...state, sequence },
        result: resultOf(sequence, state),
      };
    }
    const predict = masksFrom(start, { tokens: sequence.tokens, maskId });
    const window = branchWindow({
      tokens: sequence.tokens,
      start,
      predict,
      round: forwards + 1,
      branch: 0,
      temperature,
      uniforms,
    });
    checkStepCap(forwards, { stepCap, masks: predict.length });
    const commitRows = commit === null ? 0 : commit.end - commit.start;
    return {
      state: { ...state, sequence, start, commitRows, predict },
      request: blockRequest(rules, {
        cache,
        cached,
        commitRows,
        branches: [window],
      }),
    };
  }

  function resultOf(
    { tokens }: BlockSequence,
    { rules, forwards }: D2fState,
  ): NonNullable<Transition<D2fState>["result"]> {
    return {
      ids: tokens.slice(rules.promptLength),
      forwards,
      branchForwards: forwards,
      referenceSteps: rule === "dream" ? forwards + 1 : forwards,
    };
  }

  return {
    name: "d2f",
    options: { ...resolved },
    start(prompt: Int32Array, spec: ModelSpec): Transition<D2fState> {
      const stopId = rule === "diffucoder" ? spec.padId : spec.eosId;
      const rules = blockRules(resolved, { spec, prompt, visibility, stopId });
      const sequence = promptSequence(prompt);
      const idle = {
        cached: 0,
        start: 0,
        commitRows: 0,
        predict: new Int32Array(),
      };
      return advance({ rules, sequence, forwards: 0, ...idle }, [{
        kind: "reset",
      }]);
    },
    next(state: D2fState, predictions: Predictions): Transition<D2fState> {
      const { rules, start, commitRows, predict, cached } = state;
      const before = state.sequence;
      const rows = candidateRows(predictions.branches[0], {
        strategy,
        positions: predict,
      });
      const { fills, forced } = chooseFills(rows, before.blocks, {
        threshold: rules.fillThreshold,
        force: true,
      });
      const written = writeTokens(before, fills, rules);
      const counted = rule === "diffucoder"
        ? subtractFills(written.blocks, fills)
        : recountMasks(written.blocks, written.tokens, rules.maskId);
      const blocks = completeBlocks(
        markCached(counted, { start, end: start + commitRows }),
      );
      const forwards = state.forwards + 1;
      const length = before.tokens.length - start;
      const step = {
        index: forwards,
        window: { start, length },
        cached,
        commitRows,
        positions: predictions.rows,
        branches: [{
          id: 0,
          anchor: true,
          score: null,
          masks: predict.length,
          length,
        }],
        winner: 0,
        fills,
        fallbacks: forced,
        eosSeen: written.eosSeen,
        blocks,
      };
      const after = {
        ...state,
        sequence: { ...written, blocks },
        forwards,
        cached: cached + commitRows,
      };
      const { boundary } = rules;
      return {
        ...advance(
          after,
          commitRows === 0
            ? []
            : [{ kind: "commit", branch: 0, rows: commitRows, boundary }],
        ),
        step,
      };
    },
  };
}

/** Mask counts as DiffuCoder keeps them: less the tokens filled, whatever they are. */
function subtractFills(
  blocks: readonly BlockRecord[],
  fills: readonly Fill[],
): BlockRecord[] {
  return blocks.map((block) => {
    const filled = fills.filter(({ position }) =>
      position >= block.start && position < block.end
    ).length;
    return { ...block, masks: block.masks - filled };
  });
}
