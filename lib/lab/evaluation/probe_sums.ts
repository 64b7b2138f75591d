/**
 * Sums over probed decodes: mean confidence by step and position, confidence when a block is entered, calibration.
 *
 * @module
 */
import {
  addBins,
  binOf,
  calibrate,
  type CalibrationBin,
  calibrationBins,
} from "../../metrics/calibration.ts";
import type { ProbedState } from "./probe.ts";

/** Bins of histograms and calibration. */
export const PROBE_BINS = 20;

/** Confidence at one step: sums over decodes. Position 0 is the answer's first. JSON. */
export type StepConfidence = {
  readonly step: number;
  /** Decodes that have the step. */
  readonly decodes: number;
  /** Sum of confidences of masked positions, by position. */
  readonly sums: readonly number[];
  /** Sum of their squares. */
  readonly squares: readonly number[];
  /** Number of decodes in which the position is masked. */
  readonly masked: readonly number[];
};

/** One probed decode by itself: what intervals over decodes are made from. JSON. */
export type DecodeProbe = Pick<
  ProbeSums,
  "entry" | "entryBehind" | "calibration"
>;

/** What is kept of probed decodes. JSON. */
export type ProbeSums = {
  readonly steps: readonly StepConfidence[];
  /** Histogram of confidences over the positions of blocks that are entered, all of them masked: those of answers. */
  readonly entry: readonly number[];
  /** The same of blocks that lie behind the answer's end. */
  readonly entryBehind: readonly number[];
  /** Whether the likeliest token is the one that the reference answer has, over masked positions up to its end. */
  readonly calibration: readonly CalibrationBin[];
  /** The last three of every decode. */
  readonly decodes: readonly DecodeProbe[];
};

/** Sums of nothing. */
export function noProbes(): ProbeSums {
  return {
    steps: [],
    entry: new Array<number>(PROBE_BINS).fill(0),
    entryBehind: new Array<number>(PROBE_BINS).fill(0),
    calibration: calibrationBins(PROBE_BINS),
    decodes: [],
  };
}

/** What a probed decode is held against. */
export interface ProbeReference {
  readonly promptLength: number;
  readonly blockSize: number;
  /** The reference answer, every position of the canvas. */
  readonly ids: Int32Array;
  readonly eosId: number;
  /** Steps that are kept; later ones count for blocks and calibration alone. */
  readonly maxSteps: number;
}

/** Adds one probed decode. */
export function addProbe(
  sums: ProbeSums,
  states: readonly ProbedState[],
  reference: ProbeReference,
): ProbeSums {
  const { promptLength, ids, eosId, maxSteps } = reference;
  const end = ids.indexOf(eosId);
  const last = end < 0 ? ids.length - 1 : end;
  const steps = sums.steps.map((row) => ({
    ...row,
    sums: [...row.sums],
    squares: [...row.squares],
    masked: [...row.masked],
  }));
  const pairs: (readonly [number, boolean])[] = [];
  for (const { step, positions, tokens, confidence } of states) {
    if (step < maxSteps) {
      const length = ids.length;
      const row = steps[step] ??= {
        ...{ step, decodes: 0 },
        sums: new Array<number>(length).fill(0),
        squares: new Array<number>(length).fill(0),
        masked: new Array<number>(length).fill(0),
      };
      steps[step] = { ...row, decodes: row.decodes + 1 };
      positions.forEach((position, i) => {
        const place = position - promptLength;
        row.sums[place]! += confidence[i]!;
        row.squares[place]! += confidence[i]! ** 2;
        row.masked[place]! += 1;
      });
    }
    positions.forEach((position, i) => {
      const place = position - promptLength;
      if (place > last) return;
      pairs.push([Math.min(1, confidence[i]!), tokens[i] === ids[place]]);
    });
  }
  const none = noProbes();
  const entry = [...none.entry], entryBehind = [...none.entryBehind];
  for (const { behind, confidences } of enteredBlocks(states, reference)) {
    const into = behind ? entryBehind : entry;
    for (const p of confidences) into[binOf(Math.min(1, p), PROBE_BINS)]! += 1;
  }
  const calibration = calibrate(pairs, PROBE_BINS);
  const own = { entry, entryBehind, calibration };
  return { steps, ...joined(sums, own), decodes: [...sums.decodes, own] };
}

/** Histograms and calibration of two lots of decodes together. */
function joined(a: DecodeProbe, b: DecodeProbe): DecodeProbe {
  const add = (first: readonly number[], second: readonly number[]) =>
    first.map((count, i) => count + second[i]!);
  return {
    entry: add(a.entry, b.entry),
    entryBehind: add(a.entryBehind, b.entryBehind),
    calibration: addBins(a.calibration, b.calibration),
  };
}

/** Each block in the first state in which it is the first with masks; it counts where all of it is masked then. */
function enteredBlocks(
  states: readonly ProbedState[],
  { promptLength, blockSize, ids, eosId }: ProbeReference,
) {
  const end = ids.indexOf(eosId);
  const entered = new Set<number>();
  return states.flatMap(({ positions, confidence }) => {
    if (positions.length === 0) return [];
    const block = Math.floor((positions[0]! - promptLength) / blockSize);
    if (entered.has(block)) return [];
    entered.add(block);
    const start = promptLength + block * blockSize;
    const inside = [...positions.keys()].filter((i) =>
      positions[i]! < start + blockSize
    );
    if (inside.length < blockSize) return [];
    const behind = end >= 0 && block * blockSize > end;
    return [{ behind, confidences: inside.map((i) => confidence[i]!) }];
  });
}
