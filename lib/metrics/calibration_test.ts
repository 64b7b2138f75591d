import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  addBins,
  binOf,
  calibrate,
  calibrationBins,
  expectedCalibrationError,
  overconfidence,
} from "./calibration.ts";

Deno.test("bins take their lower ends, and the last one also 1", () => {
  assertEquals(calibrationBins(4).map(({ low }) => low), [0, 0.25, 0.5, 0.75]);
  assertEquals([0, 0.24, 0.25, 0.99, 1].map((p) => binOf(p, 4)), [
    ...[0, 0, 1, 3, 3],
  ]);
  assertThrows(() => binOf(1.1, 4), RangeError, "1.1");
  assertThrows(() => binOf(NaN, 4), RangeError);
  assertThrows(() => calibrationBins(0), RangeError, "0 bins");
});

Deno.test("the expected calibration error by hand", () => {
  // Two at 0.9, one of them right; two at 0.3, none right.
  const bins = calibrate(
    [[0.9, true], [0.9, false], [0.3, false], [0.3, false]],
    10,
  );
  assertAlmostEquals(expectedCalibrationError(bins)!, (0.8 + 0.6) / 4, 1e-12);
  assertEquals(expectedCalibrationError(calibrationBins(10)), null);
  assertAlmostEquals(overconfidence(bins)!, (0.8 + 0.6) / 4, 1e-12);
  assertEquals(overconfidence(calibrationBins(10)), null);
  const modest = calibrate([[0.25, true], [0.75, true]], 10);
  assertAlmostEquals(overconfidence(modest)!, -0.5, 1e-12);
});

Deno.test("who is always right when sure has no error, and parts add up to the whole", () => {
  const prediction = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.boolean(),
  );
  fc.assert(
    fc.property(fc.array(prediction), fc.array(prediction), (a, b) => {
      const whole = calibrate([...a, ...b]);
      const parts = addBins(calibrate(a), calibrate(b));
      whole.forEach((bin, i) => {
        assertEquals(parts[i]!.count, bin.count);
        assertEquals(parts[i]!.right, bin.right);
        assertAlmostEquals(parts[i]!.confidence, bin.confidence, 1e-9);
      });
      const error = expectedCalibrationError(whole);
      if (a.length + b.length > 0) assertEquals(error! <= 1, true);
      const sure = calibrate(a.map(() => [1, true] as const));
      if (a.length > 0) assertEquals(expectedCalibrationError(sure), 0);
    }),
  );
});
