/**
 * LoPA, lookahead parallel decoding (arXiv 2512.16229): D2F in which every round evaluates several continuations of one
 * sequence in one forward, keeps the one that leaves the most confident future, fills it by D2F's rule from that same forward,
 * and spawns the next continuations from it (spec section 3).
 *
 * With no lookaheads it is D2F. It runs on shifted models (Dream) and on unshifted ones (LLaDA), which need no boundary row.
 *
 * @module
 */
import type { CacheOperation, ModelSpec, Predictions } from "../model/types.ts";
import { completeBlocks, markCached, recountMasks } from "./blocks.ts";
import { promptSequence, writeTokens } from "./blocks_sequence.ts";
import { candidateRows, chooseFills, remainingRows } from "./d2f_fill.ts";
import { checkOneBlockFits } from "./d2f_options.ts";
import { type BlockRules, blockRules } from "./d2f_rules.ts";
import { lopaFields, type LopaOptions } from "./lopa_options.ts";
import { type LopaBranch, type LopaState, prepareRound } from "./lopa_round.ts";
import { pickWinner, scoreBranches } from "./lopa_score.ts";
import { planBranches, spawnRecord } from "./lopa_spawn.ts";
import { resolveOptions } from "./options.ts";
import { type SamplerInputs, uniformsOf } from "./sampling.ts";
import type { Decoder, DecodeStep, Transition } from "./types.ts";

/**
 * The LoPA decoder (arXiv 2512.16229, section 3; defaults of Table 5). A fill's score is the probability of its token, a
 * branch's score by default the mean confidence over its remaining masks (Eq. 2). One forward evaluates all branches of a round.
 *
 * @throws {TypeError} for unknown or mistyped options.
 * @throws {RangeError} for options out of range.
 *
 * @example What lookaheads are for: the same length in fewer forwards
 * ```ts
 * import { lopa, runDecode, toyModel, toyPrompt } from "dllm-lab";
 *
 * const toy = { seed: 1, promptLength: 9 };
 * const forwards = async (lookaheads: number) => {
 *   const decoder = lopa({ lookaheads, blockSize: 8, maxNewTokens: 48 });
 *   const { result } = await runDecode(toyModel(toy), decoder, toyPrompt(toy));
 *   return result.forwards;
 * };
 * const [plain, ahead] = [await forwards(0), await forwards(7)];
 * if (ahead >= plain) throw new Error(`${ahead} forwards, less than ${plain} are wanted`);
 * ```
 */
export function lopa(
  options: LopaOptions = {},
  inputs: SamplerInputs = {},
): Decoder {
  const resolved = resolveOptions<LopaOptions>(options, lopaFields(options), {
    owner: "lopa",
  });
  const { variant, strategy, branchCompetition, temperature } = resolved;
  checkOneBlockFits(resolved);
  const uniforms = uniformsOf(resolved, inputs);
  const countClosing = variant !== "diffucoder";
  const duplicateAnchor = variant !== "nv";

  function advance(
    state: LopaState,
    cache: readonly CacheOperation[],
  ): Transition<LopaState> {
    return prepareRound(state, {
      branchCompetition,
      temperature,
      uniforms,
      countClosing,
      cache,
    });
  }

  return {
    name: "lopa",
    options: { ...resolved },
    start(prompt: Int32Array, spec: ModelSpec): Transition<LopaState> {
      const stopId = variant === "diffucoder" ? spec.padId : spec.eosId;
      const rules = blockRules(resolved, {
        spec,
        prompt,
        visibility: resolved.visibility,
        stopId,
      });
      const base = {
        id: 0,
        anchor: true,
        creation: 1,
        lookahead: null,
        sequence: promptSequence(prompt),
      };
      return advance(
        {
          rules,
          branches: [base],
          finished: [],
          ...{
            round: 0,
            branchForwards: 0,
            cached: 0,
            prefixEnd: 0,
            start: 0,
            commitRows: 0,
            predict: [],
          },
        },
        [{ kind: "reset" }],
      );
    },
    next(state: LopaState, predictions: Predictions): Transition<LopaState> {
      const { rules, branches, cached, commitRows, start } = state;
      const rows = branches.map((_, i) =>
        candidateRows(predictions.branches[i], {
          strategy,
          positions: state.predict[i]!,
        })
      );
      const lengths = branches.map(({ sequence }) =>
        sequence.tokens.length - start
      );
      const evaluated = scoreBranches(branches, rows, { ...resolved, lengths });
      const { winner, tied } = pickWinner(evaluated, resolved);
      const best = branches[winner]!;
      const { fills, forced } = chooseFills(
        rows[winner]!,
        best.sequence.blocks,
        {
          threshold: rules.fillThreshold,
          force: resolved.forcingSample,
        },
      );
      const written = writeTokens(best.sequence, fills, rules);
      const plan = planBranches(remainingRows(rows[winner]!, fills), {
        ...resolved,
        duplicateAnchor,
        winnerId: best.id,
        branchCount: branches.length + state.finished.length,
      });
      const template = {
        ...written,
        blocks: recountMasks(
          markCached(written.blocks, { start, end: start + commitRows }),
          written.tokens,
          rules.maskId,
        ),
      };
      const spawned = plan.branches.map((identity) =>
        confirm({ ...identity, sequence: template }, rules)
      );
      const after: LopaState = {
        ...state,
        branches: spawned,
        round: state.round + 1,
        branchForwards: state.branchForwards + branches.length,
        cached: cached + commitRows,
      };
      const step: DecodeStep = {
        index: after.round,
        window: { start, length: evaluated[winner]!.length },
        cached,
        commitRows,
        positions: predictions.rows,
        branches: evaluated,
        winner,
        fills,
        ...(best.lookahead === null ? {} : { accepted: best.lookahead }),
        prefixEnd: state.prefixEnd,
        fallbacks: forced,
        eosSeen: written.eosSeen,
        blocks:
          (spawned.find(({ anchor }) => anchor) ?? spawned[0]!).sequence.blocks,
        spawned: spawned.map((branch) => spawnRecord(branch, branch.sequence)),
        finished: state.finished.map(({ id }) => id),
        ...(tied > 1 ? { tied } : {}),
        ...(plan.duplicates > 0 ? { duplicates: plan.duplicates } : {}),
      };
      const { boundary } = rules;
      return {
        ...advance(
          after,
          commitRows === 0
            ? []
            : [{ kind: "commit", branch: winner, rows: commitRows, boundary }],
        ),
        step,
      };
    },
  };
}

/**
 * Writes a new branch's lookahead token and hands complete blocks to the cache: those that the winner completed by its own
 * fills. A block completed only by the lookahead token waits until that branch has won (spec section 3.2, step 14).
 *
 * @param branch Holds the winner's sequence, mask counts taken after its fills.
 */
function confirm(branch: LopaBranch, rules: BlockRules): LopaBranch {
  const { blocks } = branch.sequence;
  const written = writeTokens(
    branch.sequence,
    branch.lookahead === null ? [] : [branch.lookahead],
    rules,
  );
  const counted = recountMasks(written.blocks, written.tokens, rules.maskId);
  return {
    ...branch,
    sequence: {
      ...written,
      blocks: completeBlocks(counted, (i) => blocks[i]!.masks === 0),
    },
  };
}
