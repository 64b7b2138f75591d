import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import { nativeModel, TEST_SHAPES } from "./_native.ts";
import {
  GREEDY,
  requestsOf,
  SCENARIO_POSITIONS,
  scenarios,
} from "./_scenarios.ts";
import type { NativeModel } from "./native_model.ts";
import type {
  BranchPredictions,
  CacheOperation,
  ForwardRequest,
  ModelSession,
} from "./types.ts";

const DTYPES = ["f32", "bf16"] as const;
const RUNS = { numRuns: 15 };

/** Answers of one session to requests one after another. */
async function answers(
  model: NativeModel,
  requests: readonly ForwardRequest[],
): Promise<(readonly BranchPredictions[])[]> {
  const session = model.open({ maxPositions: SCENARIO_POSITIONS });
  try {
    const all = [];
    for (const request of requests) {
      all.push((await session.forward(request)).branches);
    }
    return all;
  } finally {
    session.close();
  }
}

/** Answers to one request with one forward per branch; `winner` runs last, so that its rows stay staged. */
async function branchByBranch(
  session: ModelSession,
  request: ForwardRequest,
  winner: number,
): Promise<readonly BranchPredictions[]> {
  const order = [...request.branches.keys()].filter((b) => b !== winner).concat(
    winner,
  );
  const out: BranchPredictions[] = [];
  let cache: readonly CacheOperation[] = request.cache.map((operation) =>
    operation.kind === "commit" ? { ...operation, branch: 0 } : operation
  );
  for (const b of order) {
    const answer = await session.forward({
      ...request,
      cache,
      branches: [request.branches[b]!],
    });
    out[b] = answer.branches[0]!;
    cache = [];
  }
  return out;
}

for (const dtype of DTYPES) {
  nativeTest(
    `NativeSession: packed = branch by branch, bit for bit (${dtype})`,
    async () => {
      for (const shape of TEST_SHAPES) {
        await using model = await nativeModel(shape, { dtype });
        await fc.assert(
          fc.asyncProperty(scenarios, async (scenario) => {
            const requests = requestsOf(scenario, model.spec, {
              logits: true,
              top: 2,
            });
            const packed = await answers(model, requests);
            const session = model.open({ maxPositions: SCENARIO_POSITIONS });
            try {
              for (const [i, request] of requests.entries()) {
                const commit = requests[i + 1]?.cache.find((operation) =>
                  operation.kind === "commit"
                );
                assertEquals(
                  packed[i],
                  await branchByBranch(session, request, commit?.branch ?? 0),
                );
              }
            } finally {
              session.close();
            }
          }),
          RUNS,
        );
      }
    },
  );

  nativeTest(
    `NativeModel: one thread = two, bit for bit (${dtype})`,
    async () => {
      for (const shape of TEST_SHAPES) {
        await using one = await nativeModel(shape, { dtype, threads: 1 });
        await using two = await nativeModel(shape, { dtype, threads: 2 });
        await fc.assert(
          fc.asyncProperty(scenarios, async (scenario) => {
            const requests = requestsOf(scenario, one.spec, { logits: true });
            assertEquals(
              await answers(one, requests),
              await answers(two, requests),
            );
          }),
          RUNS,
        );
      }
    },
  );

  nativeTest(
    `NativeSession: block-causal cached = uncached, bit for bit (${dtype})`,
    async () => {
      const blocks = fc.record({
        promptLength: fc.integer({ min: 1, max: 7 }),
        blockSize: fc.integer({ min: 1, max: 5 }),
        cachedBlocks: fc.nat(3),
        seed: fc.nat(100),
      });
      for (const shape of TEST_SHAPES) {
        await using model = await nativeModel(shape, { dtype });
        await fc.assert(
          fc.asyncProperty(
            blocks,
            async ({ promptLength, blockSize, cachedBlocks, seed }) => {
              const length = promptLength + 4 * blockSize;
              const tokens = Int32Array.from(
                { length },
                (_, i) => (seed + i * i * 3) % model.spec.vocabSize,
              );
              const rest = promptLength + cachedBlocks * blockSize;
              const predict = Int32Array.from(
                { length: length - rest },
                (_, i) => rest + i,
              );
              const base = {
                cache: [],
                cached: [],
                commitRows: 0,
                visibility: { kind: "block-causal", promptLength, blockSize },
                sampling: GREEDY,
                logits: true,
              } as const;
              const [whole] = await answers(model, [{
                ...base,
                branches: [{ start: 0, tokens, predict }],
              }]);
              const [, tail] = await answers(model, [
                {
                  ...base,
                  branches: [{
                    start: 0,
                    tokens: tokens.slice(0, rest),
                    predict: new Int32Array(0),
                  }],
                  commitRows: rest,
                },
                {
                  ...base,
                  cache: [{
                    kind: "commit",
                    branch: 0,
                    rows: rest,
                    boundary: true,
                  }],
                  cached: [{ start: 0, end: rest }],
                  branches: [{
                    start: rest,
                    tokens: tokens.slice(rest),
                    predict,
                  }],
                },
              ]);
              assertEquals(tail, whole);
            },
          ),
          RUNS,
        );
      }
    },
  );
}

nativeTest(
  "NativeSession.recordsPerForward does not depend on the number of branches",
  async () => {
    await using model = await nativeModel(TEST_SHAPES[0]!);
    const counts = new Set<number>();
    for (const branches of [1, 2, 8, 15]) {
      const session = model.open({ maxPositions: 64 });
      const window = {
        start: 0,
        tokens: Int32Array.from({ length: 12 }, (_, i) => i),
        predict: Int32Array.of(4, 7),
      };
      const answer = await session.forward({
        cache: [],
        cached: [],
        branches: Array.from({ length: branches }, () => window),
        commitRows: 4,
        visibility: { kind: "full" },
        sampling: GREEDY,
      });
      assertEquals(answer.rows, 12 * branches);
      counts.add(session.recordsPerForward);
      session.close();
    }
    assertEquals([...counts], [2 + 1 + 2 * 8 + 2]);
  },
);

nativeTest(
  "NativeSession computes committing rows once under block-causal visibility",
  async () => {
    await using model = await nativeModel(TEST_SHAPES[0]!);
    const session = model.open({ maxPositions: 64 });
    const window = {
      start: 0,
      tokens: Int32Array.from({ length: 12 }, (_, i) => i),
      predict: Int32Array.of(4, 7),
    };
    const answer = await session.forward({
      cache: [],
      cached: [],
      branches: [window, window, window],
      commitRows: 8,
      visibility: { kind: "block-causal", promptLength: 4, blockSize: 4 },
      sampling: GREEDY,
    });
    assertEquals(answer.rows, 8 + 3 * 4);
    assertEquals(answer.branches[1], answer.branches[0]);
    session.close();
  },
);
