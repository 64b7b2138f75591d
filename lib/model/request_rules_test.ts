import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { nativeTest } from "../engine/_fixture.ts";
import { nativeModel, TEST_SHAPES } from "./_native.ts";
import { GREEDY } from "./_scenarios.ts";
import { RequestError } from "./errors.ts";
import { randomSource } from "./random_model.ts";
import { ReferenceModel } from "./reference_model.ts";
import type {
  BranchWindow,
  DiffusionModel,
  ForwardRequest,
  SamplingOptions,
} from "./types.ts";

const window = (changes: Partial<BranchWindow> = {}): BranchWindow => ({
  start: 0,
  tokens: Int32Array.of(1, 2, 3, 4),
  predict: Int32Array.of(2),
  ...changes,
});
const request = (changes: Partial<ForwardRequest> = {}): ForwardRequest => ({
  cache: [],
  cached: [],
  branches: [window()],
  commitRows: 0,
  visibility: { kind: "full" },
  sampling: GREEDY,
  ...changes,
});
const branch = (changes: Partial<BranchWindow>) =>
  request({ branches: [window(changes)] });
const sampling = (changes: Partial<SamplingOptions>) =>
  request({ sampling: { ...GREEDY, ...changes } });
const blocks = { kind: "block-causal", promptLength: 2, blockSize: 2 } as const;
const shared = (
  a: Partial<BranchWindow>,
  b: Partial<BranchWindow>,
  commitRows = 2,
) =>
  request({ visibility: blocks, commitRows, branches: [window(a), window(b)] });

/** Requests that break one rule, with the field that the error must name and part of its text. */
const BROKEN: readonly (readonly [ForwardRequest, string, string])[] = [
  [request({ branches: [] }), "branches", "at least one"],
  [branch({ tokens: new Int32Array(0) }), "branches[0]", "at least one token"],
  [branch({ start: -1 }), "branches[0]", "[-1, 3)"],
  [branch({ start: 0.5 }), "branches[0]", "[0.5, 4.5)"],
  [branch({ tokens: new Int32Array(33) }), "branches[0]", "shorten the prompt"],
  [
    branch({ tokens: Int32Array.of(1, 37) }),
    "branches[0].tokens[1]",
    "37 given; ids from 0 to 36",
  ],
  [branch({ tokens: Int32Array.of(-1) }), "branches[0].tokens[0]", "-1 given"],
  [
    branch({ predict: Int32Array.of(2, 2) }),
    "branches[0].predict[1]",
    "ascending",
  ],
  [
    branch({ predict: Int32Array.of(5) }),
    "branches[0].predict[0]",
    "positions from 0 to 4",
  ],
  [
    branch({ start: 3, predict: Int32Array.of(2) }),
    "branches[0].predict[0]",
    "positions from 3 to 7",
  ],
  [
    branch({ start: 3, predict: Int32Array.of(3) }),
    "branches[0].predict[0]",
    "no boundary row is kept",
  ],
  [request({ commitRows: -1 }), "commitRows", "-1 given"],
  [request({ commitRows: 1.5 }), "commitRows", "1.5 given"],
  [request({ commitRows: 5 }), "commitRows", "branch 0 has only 4 rows"],
  [
    shared({}, { tokens: Int32Array.of(1, 9, 3, 4) }),
    "branches[1]",
    "committing rows differ",
  ],
  [
    shared({}, { start: 1, predict: Int32Array.of(3) }),
    "branches[1]",
    "committing rows differ",
  ],
  [shared({}, {}, 3), "commitRows", "commit whole blocks"],
  [shared({}, {}, 1), "commitRows", "commit whole blocks"],
  [
    request({ visibility: { ...blocks, promptLength: -1 } }),
    "visibility.promptLength",
    "-1 given",
  ],
  [
    request({ visibility: { ...blocks, blockSize: 0 } }),
    "visibility.blockSize",
    "0 given",
  ],
  [
    request({ cached: [{ start: 0, end: 4 }] }),
    "cached[0]",
    "never committed; the cache holds nothing",
  ],
  [request({ cached: [{ start: 4, end: 4 }] }), "cached[0]", "non-empty"],
  [
    request({ cached: [{ start: 30, end: 40 }] }),
    "cached[0]",
    "within [0, 32)",
  ],
  [
    request({
      cache: [{ kind: "commit", branch: 0, rows: 1, boundary: true }],
    }),
    "cache[0]",
    "the last forward staged 0",
  ],
  [
    request({ cache: [{ kind: "truncate", length: -1 }] }),
    "cache[0]",
    "cannot truncate to -1",
  ],
  [request({ top: 0 }), "top", "0 given; 1 to 37"],
  [request({ top: 38 }), "top", "38 given"],
  [sampling({ temperature: -1 }), "sampling.temperature", "-1 given"],
  [
    sampling({ temperature: Infinity }),
    "sampling.temperature",
    "Infinity given",
  ],
  [sampling({ topP: 0 }), "sampling.topP", "0 given"],
  [sampling({ topP: 1.5 }), "sampling.topP", "1.5 given"],
  [sampling({ topK: 0 }), "sampling.topK", "0 given"],
  [sampling({ entropyEpsilon: NaN }), "sampling.entropyEpsilon", "NaN given"],
  [sampling({ barred: [37] }), "sampling.barred", "37 given"],
  [
    sampling({ barred: Array.from({ length: 37 }, (_, id) => id) }),
    "sampling.barred",
    "all 37 ids are barred",
  ],
  [
    sampling({ temperature: 1 }),
    "branches[0].uniforms",
    "needs one per prediction, 1",
  ],
  [
    {
      ...branch({ uniforms: Float64Array.of(1) }),
      sampling: { ...GREEDY, temperature: 1 },
    },
    "branches[0].uniforms[0]",
    "1 given",
  ],
];

async function refusesAll(model: DiffusionModel): Promise<void> {
  const session = model.open({ maxPositions: 32 });
  const expected = await session.forward(request());
  for (const [broken, field, text] of BROKEN) {
    const error = await assertRejects(
      () => session.forward(broken),
      RequestError,
      text,
    );
    assertEquals(error.field, field);
    assertEquals(
      (await session.forward(request())).branches,
      expected.branches,
      "a refused request changes nothing",
    );
  }
  session.close();
  await assertRejects(() => session.forward(request()), TypeError, "closed");
}

async function refusesCacheFaults(model: DiffusionModel): Promise<void> {
  const session = model.open({ maxPositions: 32 });
  await session.forward(request({ commitRows: 3 }));
  const commit = {
    kind: "commit",
    branch: 0,
    rows: 3,
    boundary: true,
  } as const;
  const next = (cache: ForwardRequest["cache"], at = 3, cached = 3) =>
    request({
      cache,
      cached: [{ start: 0, end: cached }],
      branches: [window({ start: at, predict: Int32Array.of(at) })],
    });
  const faults: [ForwardRequest, string][] = [
    [next([{ ...commit, rows: 4 }]), "the last forward staged 3"],
    [next([{ ...commit, branch: 1 }]), "had 1 branches"],
    [next([{ ...commit, branch: -1 }]), "cannot commit branch -1"],
    [next([commit], 3, 4), "the cache holds [0, 3)"],
    [next([commit], 2), "the boundary row kept is that of 2"],
    [next([{ ...commit, boundary: false }]), "no boundary row is kept"],
    [
      next([commit, { kind: "truncate", length: 2 }], 3, 2),
      "no boundary row is kept",
    ],
    [next([commit, { kind: "reset" }]), "the cache holds nothing"],
  ];
  for (const [broken, text] of faults) {
    await assertRejects(() => session.forward(broken), RequestError, text);
  }
  await session.forward(next([commit]));
  await session.forward(next([]));
  session.close();
}

const shape = TEST_SHAPES[0]!;

Deno.test("ReferenceModel refuses every request that breaks a rule, naming the field", async () => {
  await refusesAll(new ReferenceModel(randomSource(shape)));
  await refusesCacheFaults(new ReferenceModel(randomSource(shape)));
});

nativeTest(
  "NativeModel refuses every request that breaks a rule, naming the field",
  async () => {
    await using model = await nativeModel(shape);
    await refusesAll(model);
    await refusesCacheFaults(model);
  },
);

Deno.test("open() refuses more positions than the model's context", () => {
  const model = new ReferenceModel(
    randomSource({ ...shape, maxPositions: 100 }),
  );
  for (const maxPositions of [0, 1.5, 101]) {
    assertThrows(
      () => model.open({ maxPositions }),
      RangeError,
      `cannot open a session of ${maxPositions} positions`,
    );
  }
});
