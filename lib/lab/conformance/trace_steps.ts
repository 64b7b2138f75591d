/**
 * Steps against recorded steps, key by key.
 *
 * @module
 */
import type {
  BlockRecord,
  DecodeStep,
  Fill,
  SpawnRecord,
} from "../../decoding/types.ts";
import type { Comparison } from "./outcome.ts";
import type { GoldenStep } from "./trace_file.ts";
import type { FamilyStyle } from "./trace_run.ts";

/** Largest distance of a score from the recorded one (golden data's README, section 3). */
export const SCORE_TOLERANCE = 1e-4;

/** Compares one key of a step; `at` names it. */
type KeyCheck = (
  check: Comparison,
  at: string,
  sides: { readonly step: DecodeStep; readonly want: unknown },
) => void;

/** A key that must be equal to something of the step. */
function exact(read: (step: DecodeStep) => unknown): KeyCheck {
  return (check, at, { step, want }) =>
    check.equal(at, { got: read(step) ?? null, want });
}

/** A count of which the recording only says whether there were any. */
function whether(read: (step: DecodeStep) => number): KeyCheck {
  return (check, at, { step, want }) =>
    check.equal(at, { got: read(step) > 0, want: want !== 0 });
}

const near: (read: (step: DecodeStep) => number | undefined) => KeyCheck =
  (read) => (check, at, { step, want }) =>
    check.near(at, {
      got: read(step) ?? NaN,
      want: want as number,
      tolerance: 1e-6,
    });

const fills: KeyCheck = (check, at, { step, want }) => {
  const got = step.fills.toSorted((a, b) => a.position - b.position);
  const wanted = (want as (readonly number[])[]).toSorted((a, b) =>
    a[0]! - b[0]!
  );
  const written = (list: readonly Fill[]) =>
    list.map(({ position, token }) => [position, token]);
  const recorded = wanted.map((fill) => fill.slice(0, 2));
  const before = check.differences.length;
  check.equal(at, { got: written(got), want: recorded });
  if (check.differences.length > before) return;
  wanted.forEach(([position, , score], i) => {
    if (score === undefined) return;
    check.near(`${at} score at ${position}`, {
      got: got[i]!.score,
      want: score,
      tolerance: SCORE_TOLERANCE,
    });
  });
};

/** Compares lists of tuples: everything exactly, but the number at `column` within the tolerance. */
function tuples(
  rows: (step: DecodeStep) => readonly (readonly unknown[])[],
  column: number,
): KeyCheck {
  return (check, at, { step, want }) => {
    const got = rows(step), wanted = want as readonly (readonly unknown[])[];
    const rest = (list: readonly (readonly unknown[])[]) =>
      list.map((row) => row.toSpliced(column, 1));
    const before = check.differences.length;
    check.equal(at, { got: rest(got), want: rest(wanted) });
    if (check.differences.length > before) return;
    wanted.forEach((row, i) =>
      check.near(`${at}[${i}]`, {
        got: got[i]![column] as number,
        want: row[column] as number,
        tolerance: SCORE_TOLERANCE,
      })
    );
  };
}

const STATES = { active: "A", to_cache: "T", in_cache: "C" } as const;

function blockRow(block: BlockRecord): readonly unknown[] {
  return [
    block.start,
    block.end,
    block.masks,
    STATES[block.state],
    Number(block.activated),
  ];
}

function spawnRow(spawn: SpawnRecord): readonly unknown[] {
  return [
    spawn.id,
    Number(spawn.anchor),
    spawn.position,
    spawn.token,
    spawn.confidence,
    Number(spawn.eosSeen),
  ];
}

const fill = { fill: fills };

/** Keys of samplers over a canvas. */
const SAMPLER_KEYS: Readonly<Record<string, KeyCheck>> = {
  ...fill,
  step: exact((step) => step.index - 1),
  forward: exact((step) => step.index),
  block: exact((step) => step.block),
  in: exact((step) => [step.window.start, step.window.length]),
  kind: exact((step) => step.pass),
  masked: exact((step) => step.masked),
  quota: exact((step) => step.quota),
  considered: exact((step) => step.considered),
  p_transfer: near((step) => step.transferProbability),
  uniforms: exact((step) => step.uniforms),
};

/** Keys of block-wise decoders over a cache. */
const BLOCK_KEYS: Readonly<Record<string, KeyCheck>> = {
  ...fill,
  step: exact((step) => step.index),
  round: exact((step) => step.index),
  start: exact((step) => step.window.start),
  len: exact((step) => step.window.length),
  input_start: exact((step) => step.window.start),
  prefix_end: exact((step) => step.prefixEnd),
  cache: exact((step) => step.cached),
  update_kv: exact((step) => step.commitRows),
  fallbacks: exact((step) => step.fallbacks),
  eos: exact((step) => Number(step.eosSeen)),
  blocks: exact((step) => step.blocks?.map(blockRow)),
  branches: tuples(
    (step) =>
      step.branches.map((branch) => [
        branch.id,
        Number(branch.anchor),
        branch.score ?? NaN,
        branch.masks,
      ]),
    2,
  ),
  winner: exact((step) => step.winner),
  spawned: tuples((step) => step.spawned?.map(spawnRow) ?? [], 4),
  finished: exact((step) => step.finished),
  tie_for_best: whether((step) => (step.tied ?? 1) - 1),
  duplicate_branches: exact((step) => step.duplicates ?? 0),
};

const KEYS = { sampler: SAMPLER_KEYS, block: BLOCK_KEYS };

/** Keys without which a step says nothing. */
const REQUIRED = {
  sampler: ["fill"],
  block: ["fill", "cache", "update_kv", "blocks"],
};

/** Keys that are recorded only where they are not zero, by a key of the records that have them. */
const SILENT_ZEROS: readonly (readonly [string, string])[] = [
  ["branches", "tie_for_best"],
  ["branches", "duplicate_branches"],
];

/** Compares the leading `count` steps; a recorded key that is not known is a difference. */
export function compareSteps(
  check: Comparison,
  given: {
    readonly style: FamilyStyle;
    readonly steps: readonly DecodeStep[];
    readonly want: readonly GoldenStep[];
    readonly count: number;
  },
): void {
  const { style, steps, count } = given;
  for (const [i, recorded] of given.want.slice(0, count).entries()) {
    const at = `step ${i + 1}`, step = steps[i];
    if (step === undefined) {
      check.differ(at, { got: "the decode is over", want: recorded });
      return;
    }
    for (const key of REQUIRED[style]) {
      if (!Object.hasOwn(recorded, key)) {
        check.differ(`${at} ${key}`, { got: "not recorded", want: "a value" });
      }
    }
    const whole = { ...silentZeros(recorded), ...recorded };
    for (const [key, want] of Object.entries(whole)) {
      const compare = Object.hasOwn(KEYS[style], key)
        ? KEYS[style][key]
        : undefined;
      if (compare === undefined) {
        check.differ(`${at} ${key}`, { got: "unknown step key", want });
      } else compare(check, `${at} ${key}`, { step, want });
    }
    if (check.differences.length > 0) return;
  }
  if (count >= given.want.length && steps.length !== given.want.length) {
    check.differ("steps", { got: steps.length, want: given.want.length });
  }
}

function silentZeros(step: GoldenStep): Record<string, number> {
  return Object.fromEntries(
    SILENT_ZEROS.filter(([where]) => Object.hasOwn(step, where))
      .map(([, key]) => [key, 0]),
  );
}
