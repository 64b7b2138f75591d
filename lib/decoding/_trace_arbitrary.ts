/**
 * Random traces for property tests. Used by tests only.
 *
 * @module
 */
import fc from "fast-check";
import type { Trace, TraceHeader } from "./trace_types.ts";
import type { DecodeResult, DecodeStep } from "./types.ts";

const count = fc.nat({ max: 400_000 });
const real = fc.double({ noNaN: true, noDefaultInfinity: true });
const json = fc.dictionary(
  fc.string(),
  fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<unknown>,
  { maxKeys: 4 },
);

const header: fc.Arbitrary<TraceHeader> = fc.record({
  decoder: fc.record({ name: fc.string(), options: json }),
  model: fc.record({
    family: fc.constantFrom("dream" as const, "llada" as const),
    vocabSize: count,
    maskId: count,
    eosId: count,
    padId: count,
    bosId: fc.option(count),
    shift: fc.boolean(),
    maxPositions: count,
    digest: fc.string(),
  }),
  vocabulary: fc.oneof(
    fc.record({ strings: fc.array(fc.string({ unit: "binary" })) }),
    fc.record({ digest: fc.string() }),
  ),
  stopStrings: fc.array(fc.string()),
  prompt: fc.record({
    text: fc.option(fc.string({ unit: "binary" })),
    ids: fc.array(count),
  }),
  sample: count,
  seed: fc.option(fc.maxSafeInteger()),
});

const required = {
  window: fc.record({ start: count, length: count }),
  cached: count,
  commitRows: count,
  positions: count,
  branches: fc.array(fc.record({
    id: count,
    anchor: fc.boolean(),
    score: fc.option(real),
    masks: count,
    length: count,
  })),
  winner: count,
  fills: fc.array(fc.record({
    position: count,
    token: count,
    score: real,
    probability: real,
    kind: fc.constantFrom(
      "threshold" as const,
      "forced" as const,
      "quota" as const,
      "random" as const,
      "free" as const,
    ),
  })),
};
const optional = {
  accepted: fc.record({ position: count, token: count }),
  block: count,
  pass: fc.constantFrom("refresh" as const, "cached" as const),
  quota: count,
  masked: count,
  considered: count,
  transferProbability: real,
  uniforms: fc.array(real),
  prefixEnd: count,
  fallbacks: count,
  eosSeen: fc.boolean(),
  blocks: fc.array(fc.record({
    start: count,
    end: count,
    masks: count,
    state: fc.constantFrom(
      "active" as const,
      "to_cache" as const,
      "in_cache" as const,
    ),
    activated: fc.boolean(),
  })),
  spawned: fc.array(fc.record({
    id: count,
    anchor: fc.boolean(),
    position: fc.option(count),
    token: fc.option(count),
    confidence: real,
    eosSeen: fc.boolean(),
  })),
  finished: fc.array(count),
  tied: count,
  duplicates: count,
};
const steps: fc.Arbitrary<DecodeStep[]> = fc.array(
  fc.record({ ...required, ...optional }, {
    requiredKeys: Object.keys(required) as (keyof typeof required)[],
  }),
  { maxLength: 4 },
).map((list) => list.map((step, i) => ({ index: i + 1, ...step })));
const result: fc.Arbitrary<DecodeResult> = fc.record({
  ids: fc.array(count).map((ids) => Int32Array.from(ids)),
  forwards: count,
  branchForwards: count,
  referenceSteps: count,
});
/** Any trace that the format can hold, sensible or not. */
export const anyTrace: fc.Arbitrary<Trace> = fc.tuple(header, steps, result)
  .chain(
    ([header, steps, result]) =>
      fc.array(
        fc.record({
          step: fc.nat({ max: steps.length }),
          wallMs: real,
          nativeMs: real,
        }, { requiredKeys: ["step", "wallMs"] }),
        { maxLength: 3 },
      ).map((timings) => structuredClone({ header, steps, result, timings })),
  );
