import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  calibrate,
  expectedCalibrationError,
  overconfidence,
} from "../../metrics/calibration.ts";
import {
  type DecodeProbe,
  noProbes,
  PROBE_BINS,
  type ProbeSums,
} from "../evaluation/probe_sums.ts";
import { probeNumbers } from "./dparallel_calibration.ts";
import { sureShare } from "./dparallel_measure.ts";

/** A probe of decodes that enter one block each and are asked for some predictions. */
function probeOf(decodes: readonly DecodeProbe[]): ProbeSums {
  const add = (lists: readonly (readonly number[])[]) =>
    lists.reduce((sums, list) => sums.map((sum, i) => sum + list[i]!));
  const bins = decodes.map(({ calibration }) => calibration);
  return {
    steps: [],
    entry: add(decodes.map(({ entry }) => entry)),
    entryBehind: add(decodes.map(({ entryBehind }) => entryBehind)),
    calibration: bins.reduce((sums, list) =>
      sums.map((bin, i) => ({
        ...bin,
        count: bin.count + list[i]!.count,
        confidence: bin.confidence + list[i]!.confidence,
        right: bin.right + list[i]!.right,
      }))
    ),
    decodes,
  };
}

function decode(
  sure: number,
  predictions: readonly (readonly [number, boolean])[],
): DecodeProbe {
  const entry = new Array<number>(PROBE_BINS).fill(0);
  [entry[PROBE_BINS - 1], entry[3]] = [sure, 16 - sure];
  const calibration = calibrate(predictions, PROBE_BINS);
  return { entry, entryBehind: noProbes().entryBehind, calibration };
}

Deno.test("numbers of a probe are the metrics' own, with the spread over its decodes", () => {
  const probe = probeOf([
    decode(4, [[0.92, true], [0.31, false]]),
    decode(12, [[0.97, true], [0.62, false], [0.63, true]]),
    decode(8, [[0.55, true]]),
  ]);
  const { scalars, entry, behind, right } = probeNumbers(probe);
  const close = (found: { readonly value: number } | null, wanted: number) =>
    assertAlmostEquals(found!.value, wanted, 1e-12);
  close(scalars.ece, expectedCalibrationError(probe.calibration)!);
  close(scalars.overconfidence, overconfidence(probe.calibration)!);
  close(scalars.sure_at_entry, sureShare(probe.entry)!);
  close(scalars.share_right, 4 / 6);
  const { low, high } = scalars.sure_at_entry!;
  assertEquals([low, high], [0.25, 0.75]);
  // Nothing lies behind the answers, and most bins hold no prediction.
  assertEquals(scalars.sure_at_entry_behind, null);
  assert(behind.every((share) => share === null));
  assertEquals(right.filter((share) => share !== null).length, 5);
  assertEquals(entry[0], { value: 0, low: 0, high: 0 });
});

Deno.test("decodes that are all alike leave no doubt", () => {
  const one = decode(8, [[0.9, true], [0.8, false]]);
  const { scalars } = probeNumbers(probeOf([one, one, one]));
  for (const found of [scalars.ece, scalars.sure_at_entry]) {
    assertAlmostEquals(found!.low, found!.value);
    assertAlmostEquals(found!.high, found!.value);
  }
});
