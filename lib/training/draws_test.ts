import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { assertDistribution } from "./_frequencies.ts";
import { stepDraws } from "./draws.ts";
import { assignShares } from "./shares.ts";

Deno.test("stepDraws is a function of seed, step, sample, purpose, index and attempt", () => {
  const place = { sample: 1, index: 2 };
  const value = stepDraws({ seed: 3, step: 4 })("mask", place);
  assertEquals(stepDraws({ seed: 3, step: 4 })("mask", place), value);
  const here = stepDraws({ seed: 3, step: 4 });
  const others = [
    stepDraws({ seed: 4, step: 4 })("mask", place),
    stepDraws({ seed: 3, step: 5 })("mask", place),
    stepDraws({ seed: 3, step: 4 }, { attempt: 1 })("mask", place),
    here("tail", place),
    here("mask", { sample: 0, index: 2 }),
    here("mask", { sample: 1, index: 3 }),
    here("mask"),
  ];
  for (const other of others) assertNotEquals(other, value);
  assertEquals(new Set(others).size, others.length);
});

Deno.test("stepDraws names a step or seed out of range", () => {
  assertThrows(
    () => stepDraws({ seed: 0, step: -1 }),
    RangeError,
    "step is -1",
  );
  assertThrows(
    () => stepDraws({ seed: 1.5, step: 0 }),
    RangeError,
    "seed is 1.5",
  );
});

Deno.test("assignShares gives every sample its kind with exactly the share's probability, and a batch floor or ceil of it", () => {
  const shares = { whole: 0.15, full: 0.1 };
  const steps = 8000;
  const count = 7;
  const tally = Array.from({ length: count }, () => [0, 0, 0]);
  for (let step = 0; step < steps; step++) {
    const kinds = assignShares(count, {
      shares,
      purpose: "shape",
      draws: stepDraws({ seed: 1, step }),
    });
    for (const [kind, share] of Object.entries(shares)) {
      const n = kinds.filter((k) => k === kind).length;
      assert(
        n === Math.floor(share * count) || n === Math.ceil(share * count),
        `${n} of ${kind}`,
      );
    }
    kinds.forEach((kind, i) => {
      tally[i]![kind === null ? 2 : kind === "whole" ? 0 : 1]!++;
    });
  }
  tally.forEach((counts, i) =>
    assertDistribution(counts, [0.15, 0.1, 0.75], `sample ${i}`)
  );
});

Deno.test("assignShares takes all or none, and names shares out of range", () => {
  const draws = stepDraws({ seed: 1, step: 1 });
  const assign = (share: number) =>
    assignShares(3, { shares: { a: share, b: 0 }, purpose: "x", draws });
  assertEquals(assign(1), ["a", "a", "a"]);
  assertEquals(assign(0), [null, null, null]);
  assertThrows(() => assign(1.5), RangeError, "the shares are a 1.5, b 0");
  assertThrows(() => assign(-0.1), RangeError, "sum to at most 1");
  assertThrows(() => assign(NaN), RangeError, "a NaN");
  assertThrows(
    () => assignShares(3, { shares: { a: 0.6, b: 0.6 }, purpose: "x", draws }),
    RangeError,
    "sum to at most 1",
  );
});
