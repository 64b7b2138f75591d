/**
 * Traces in the form in which golden data records them. Used by tests only.
 *
 * @module
 */
import type { Trace } from "../../decoding/trace_types.ts";
import type { DecodeStep } from "../../decoding/types.ts";
import { countSample } from "../../metrics/counts.ts";
import { visibleText } from "../../metrics/text.ts";
import type { GoldenRun, GoldenStep } from "./trace_file.ts";
import type { FamilyStyle } from "./trace_run.ts";

const STATES = { active: "A", to_cache: "T", in_cache: "C" };

function fills(step: DecodeStep): unknown[] {
  return step.fills.map(({ position, token, score }) => [
    position,
    token,
    score,
  ]);
}

function samplerStep(step: DecodeStep): GoldenStep {
  return {
    step: step.index - 1,
    in: [step.window.start, step.window.length],
    ...(step.quota === undefined ? {} : { quota: step.quota }),
    ...(step.pass === undefined ? {} : { kind: step.pass }),
    fill: fills(step),
  };
}

function blockStep(step: DecodeStep): GoldenStep {
  const common = {
    cache: step.cached,
    update_kv: step.commitRows,
    fill: fills(step),
    fallbacks: step.fallbacks,
    eos: Number(step.eosSeen),
    blocks: step.blocks!.map((block) => [
      block.start,
      block.end,
      block.masks,
      STATES[block.state],
      Number(block.activated),
    ]),
  };
  if (step.spawned === undefined) {
    const { start, length } = step.window;
    return { step: step.index, start, len: length, ...common };
  }
  return {
    round: step.index,
    input_start: step.window.start,
    prefix_end: step.prefixEnd,
    ...common,
    branches: step.branches.map((branch) => [
      branch.id,
      Number(branch.anchor),
      branch.score,
      branch.masks,
    ]),
    winner: step.winner,
    spawned: step.spawned.map((spawn) => [
      spawn.id,
      Number(spawn.anchor),
      spawn.position,
      spawn.token,
      spawn.confidence,
      Number(spawn.eosSeen),
    ]),
    finished: step.finished,
    ...(step.tied === undefined ? {} : { tie_for_best: 1 }),
    ...(step.duplicates ? { duplicate_branches: step.duplicates } : {}),
  };
}

/** A run as golden data would record it. */
export function goldenRun(trace: Trace, style: FamilyStyle): GoldenRun {
  const counts = countSample(trace);
  return {
    prompt: trace.header.prompt.text ?? "",
    prompt_ids: trace.header.prompt.ids,
    steps: trace.steps.map(style === "block" ? blockStep : samplerStep),
    result: {
      ids: [...trace.result.ids],
      text: visibleText(trace),
      forward_passes: counts.branchForwards,
      forward_tokens: counts.branchPositions,
      non_eos_tokens: counts.nonEos,
      tokens_before_eos: counts.beforeEos,
    },
    fragile: false,
  };
}
