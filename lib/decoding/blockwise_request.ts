/**
 * What a blockwise decoder asks of the model, by cache policy.
 *
 * @module
 */
import type { ForwardRequest, PositionRange } from "../model/types.ts";
import type { BlockPlan, BlockwiseState } from "./blockwise.ts";
import { maskedPositions } from "./canvas.ts";
import { DecodeError } from "./errors.ts";
import { type WindowRequest, windowRequest } from "./single_branch.ts";

/**
 * Which keys and values the passes over a block reuse (Fast-dLLM, arXiv 2505.22618, section 3.2).
 * - `none`: none; every pass computes the whole canvas;
 * - `prefix`: the first pass computes the whole canvas and keeps the positions before the block; later passes compute the block
 *   and everything after it;
 * - `dual`: the first pass keeps the whole canvas; later passes compute the block alone and see the kept rest on both sides.
 */
export type CachePolicy = "none" | "prefix" | "dual";

/** The request for the next pass over a block. */
export function blockRequest(
  plan: BlockPlan,
  state: Omit<BlockwiseState, "request">,
  { block }: { readonly block: PositionRange },
): ForwardRequest {
  const base = {
    canvas: state.canvas,
    sampling: state.sampling,
    uniforms: plan.uniforms,
    round: state.forwards + 1,
  };
  return plan.cache === "none" || state.pass === 0
    ? wholeCanvas(plan, state, { base, block })
    : blockWindow(plan, state, { base, block });
}

type Base = Pick<WindowRequest, "canvas" | "sampling" | "uniforms" | "round">;

interface Place {
  readonly base: Base;
  readonly block: PositionRange;
}

function wholeCanvas(
  plan: BlockPlan,
  { canvas, spec }: Omit<BlockwiseState, "request">,
  { base, block }: Place,
): ForwardRequest {
  const window = { start: 0, end: canvas.length };
  const predict = plan.freeFirst
    ? Int32Array.of(block.start)
    : maskedPositions(canvas, spec.maskId, { start: 0, end: block.end });
  if (plan.cache === "none") return windowRequest({ ...base, window, predict });
  return windowRequest({
    ...base,
    window,
    predict,
    cache: [{ kind: "reset" }],
    commitRows: rowsKept(plan, canvas, { block }),
  });
}

function blockWindow(
  plan: BlockPlan,
  { canvas, spec, pass }: Omit<BlockwiseState, "request">,
  { base, block }: Place,
): ForwardRequest {
  const predict = maskedPositions(canvas, spec.maskId, block);
  if (spec.shift && predict[0] === block.start) {
    throw unpredictable(plan, block);
  }
  const rows = rowsKept(plan, canvas, { block });
  const end = plan.cache === "dual" ? block.end : canvas.length;
  return windowRequest({
    ...base,
    window: { start: block.start, end },
    predict,
    cache: pass === 1
      ? [{ kind: "commit", branch: 0, rows, boundary: false }]
      : [],
    cached: [{ start: 0, end: block.start }, {
      start: end,
      end: canvas.length,
    }],
  });
}

function rowsKept(
  { cache }: BlockPlan,
  canvas: Int32Array,
  { block }: { readonly block: PositionRange },
): number {
  return cache === "dual" ? canvas.length : block.start;
}

/** Under a shift the row that predicts a block's first position lies before the window. */
function unpredictable(
  { name, freeFirst }: BlockPlan,
  { start }: PositionRange,
): DecodeError {
  const because = freeFirst
    ? "the model predicted the mask token for it; set the option barMask to true"
    : `${name} does not write it in the block's first pass; use a Dream decoder, or set the option cache to "none"`;
  return new DecodeError(
    `position ${start} starts a block and is still masked, but a cached pass cannot predict it under a logits shift: ${because}`,
    { position: start },
  );
}
