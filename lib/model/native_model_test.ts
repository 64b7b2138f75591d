import {
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import { nativeModel, TEST_SHAPES } from "./_native.ts";
import {
  GREEDY,
  requestsOf,
  SCENARIO_POSITIONS,
  scenarios,
} from "./_scenarios.ts";
import { RequestError } from "./errors.ts";
import { randomSource } from "./random_model.ts";
import { ReferenceModel } from "./reference_model.ts";
import type { CacheOperation, Predictions } from "./types.ts";

/** Largest difference between two answers, logits and confidences together. */
function difference(actual: Predictions, expected: Predictions): number {
  let most = 0;
  actual.branches.forEach((branch, b) => {
    const other = expected.branches[b]!;
    for (
      const field of [
        "logits",
        "probability",
        "margin",
        "negEntropy",
        "topProbability",
      ] as const
    ) {
      branch[field]?.forEach((value, i) => {
        const off = Math.abs(value - other[field]![i]!);
        most = Number.isNaN(off) ? Infinity : Math.max(most, off);
      });
    }
  });
  return most;
}

for (const dtype of ["f32", "bf16"] as const) {
  nativeTest(
    `NativeModel answers like ReferenceModel, cache and branches included (${dtype})`,
    async () => {
      const tolerance = dtype === "f32" ? 1e-4 : 0.05;
      for (const shape of TEST_SHAPES) {
        await using native = await nativeModel(shape, { dtype });
        const reference = new ReferenceModel(randomSource(shape), { dtype });
        assertEquals(native.spec, reference.spec);
        await fc.assert(
          fc.asyncProperty(scenarios, async (scenario) => {
            const expected = reference.open({
              maxPositions: SCENARIO_POSITIONS,
            });
            const actual = native.open({ maxPositions: SCENARIO_POSITIONS });
            try {
              for (
                const request of requestsOf(scenario, native.spec, {
                  logits: true,
                  top: 3,
                })
              ) {
                const [a, e] = [
                  await actual.forward(request),
                  await expected.forward(request),
                ];
                assertEquals(a.rows, e.rows);
                assertEquals(
                  a.branches.map((branch) => branch.positions),
                  e.branches.map((branch) => branch.positions),
                );
                assertLess(difference(a, e), tolerance);
              }
            } finally {
              actual.close();
            }
          }),
          { numRuns: 12 },
        );
      }
    },
  );
}

nativeTest(
  "NativeModel keeps the hidden states and cache that ReferenceModel keeps",
  async () => {
    for (const shape of TEST_SHAPES) {
      await using native = await nativeModel(shape);
      const [actual, expected] = [
        native,
        new ReferenceModel(randomSource(shape)),
      ].map((model) => model.open({ maxPositions: 32 }));
      const branch = {
        start: 0,
        tokens: Int32Array.from({ length: 20 }, (_, i) => i % 16),
        predict: new Int32Array(0),
      };
      const request = {
        cache: [],
        cached: [],
        branches: [branch],
        commitRows: 7,
        visibility: { kind: "causal" },
        sampling: GREEDY,
      } as const;
      const [a, e] = [
        await actual!.inspect(request),
        await expected!.inspect(request),
      ];
      assertEquals(a.hidden.length, shape.layers + 1);
      a.hidden.forEach((state, layer) => {
        assertEquals(state.length, 20 * shape.hiddenSize);
        assertLess(largest(state, e.hidden[layer]!), 1e-4);
      });
      const next = {
        ...request,
        cache: [{ kind: "commit", branch: 0, rows: 7, boundary: true }],
        commitRows: 0,
      } as const;
      for (const session of [actual!, expected!]) await session.forward(next);
      for (let layer = 0; layer < shape.layers; layer++) {
        const [c, d] = [
          await actual!.readCache(layer, { start: 2, end: 7 }),
          await expected!.readCache(layer, { start: 2, end: 7 }),
        ];
        assertEquals(
          c.keys.length,
          5 * shape.kvHeads * shape.hiddenSize / shape.heads,
        );
        assertGreater(largest(c.keys, new Float32Array(c.keys.length)), 0.01);
        assertLess(
          Math.max(largest(c.keys, d.keys), largest(c.values, d.values)),
          1e-4,
        );
      }
      actual!.close();
    }
  },
);

function largest(actual: Float32Array, expected: Float32Array): number {
  return actual.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected[i]!)),
    0,
  );
}

nativeTest(
  "NativeModel samples, filters and bars like ReferenceModel",
  async () => {
    const shape = TEST_SHAPES[0]!;
    await using native = await nativeModel(shape, { sharpness: 6 });
    const reference = new ReferenceModel(randomSource(shape, { sharpness: 6 }));
    const [actual, expected] = [native.open(), reference.open()];
    const tokens = Int32Array.from({ length: 12 }, (_, i) => (5 * i) % 37);
    const predict = tokens.map((_, i) => i + 1);
    const uniforms = Float64Array.from(predict, (_, i) => (i * 0.618) % 1);
    const variants = [
      { temperature: 0.7 },
      { temperature: 1.3, topP: 0.8 },
      { temperature: 0, topP: 0.6, topK: 5 },
      { temperature: 1, topK: 2, confidenceFrom: "raw" },
      { barred: [3, 4, 5, 36], entropyEpsilon: 1e-8 },
      { temperature: 0.5, barred: [0, 1], confidenceDtype: "bf16" },
      { confidenceDtype: "bf16", topP: 0.9 },
    ] as const;
    for (const variant of variants) {
      const sampling = { ...GREEDY, ...variant };
      const request = {
        cache: [],
        cached: [],
        branches: [{ start: 0, tokens, predict, uniforms }],
        commitRows: 0,
        visibility: { kind: "full" },
        sampling,
        top: 4,
      } as const;
      const [a, e] = [
        await actual.forward(request),
        await expected.forward(request),
      ];
      assertEquals(
        a.branches[0]!.tokens,
        e.branches[0]!.tokens,
        JSON.stringify(variant),
      );
      assertEquals(
        a.branches[0]!.topTokens,
        e.branches[0]!.topTokens,
        JSON.stringify(variant),
      );
      assertLess(difference(a, e), "confidenceDtype" in variant ? 0.03 : 1e-4);
    }
    actual.close();
  },
);

nativeTest(
  "NativeModel reads cached ranges before and after the window, fresh rows replacing cached ones",
  async () => {
    for (const shape of TEST_SHAPES) {
      await using native = await nativeModel(shape);
      const reference = new ReferenceModel(randomSource(shape));
      const [actual, expected] = [
        native.open({ maxPositions: 40 }),
        reference.open({ maxPositions: 40 }),
      ];
      const tokens = Int32Array.from({ length: 30 }, (_, i) => (7 * i) % 16);
      const request = (
        start: number,
        end: number,
        cached: readonly (readonly [number, number])[],
      ) => ({
        cache: [] as CacheOperation[],
        cached: cached.map(([start, end]) => ({ start, end })),
        branches: [3, 5].map((step) => ({
          start,
          tokens: tokens.slice(start, end).map((token) => (token + step) % 16),
          predict: Int32Array.from(
            { length: end - start - 1 },
            (_, i) => start + 1 + i,
          ),
        })),
        commitRows: 0,
        visibility: { kind: "full" },
        sampling: GREEDY,
        logits: true,
      } as const);
      const requests = [
        { ...request(0, 30, []), commitRows: 30 },
        {
          ...request(10, 16, [[0, 30]]),
          cache: [{ kind: "commit", branch: 1, rows: 30, boundary: false }],
        },
        request(10, 16, [[0, 4], [6, 20]]),
        request(0, 8, [[8, 30]]),
        {
          ...request(8, 12, [[0, 8]]),
          cache: [{ kind: "truncate", length: 9 }],
        },
        { ...request(0, 12, []), cache: [{ kind: "reset" }] },
      ] as const;
      for (const next of requests) {
        const [a, e] = [
          await actual.forward(next),
          await expected.forward(next),
        ];
        assertLess(difference(a, e), 1e-4);
      }
      const split = request(10, 16, [[0, 4], [6, 20], [25, 30]]);
      await actual.forward({ ...request(0, 30, []), commitRows: 30 });
      await assertRejects(
        () =>
          actual.forward({
            ...split,
            cache: [{ kind: "commit", branch: 0, rows: 30, boundary: true }],
          }),
        RequestError,
        "5 separate ranges of keys",
      );
      actual.close();
    }
  },
);
