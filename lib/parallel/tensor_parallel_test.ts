/** A model divided over devices predicts as one device does, to rounding; its replicas agree bit for bit. */
import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
} from "@std/assert";
import fc from "fast-check";
import {
  blockOptions,
  branchOptions,
  Coverage,
  observe,
  promptOf,
  type TinyCase,
  tinyCasesOf,
} from "../decoding/_exactness.ts";
import { lopa } from "../decoding/lopa.ts";
import { library, maxDifference, nativeTest } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { NonFiniteError } from "../model/errors.ts";
import { GREEDY } from "../model/greedy.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { ForwardRequest } from "../model/types.ts";
import { comparingCaches, Devices } from "./_replicas.ts";
import { MeshError } from "./errors.ts";
import { BranchParallelModel } from "./model.ts";
import { TensorParallelModel } from "./tensor_parallel.ts";

const DEVICE = { library: library!, threads: 1 };

/** Models of all families; at most as many shards as they have heads. */
const cases = fc.record({
  given: tinyCasesOf("dream", "llada", "qwen2"),
  shards: fc.integer({ min: 2, max: 4 }),
}).map(({ given, shards }) => ({
  given,
  shards: Math.min(shards, given.shape.heads),
}));

/** Two branches over the whole prompt, which the next request commits, and two branches after it. */
function requests({ prompt, shape }: TinyCase): ForwardRequest[] {
  const tokens = promptOf({ prompt, shape } as TinyCase);
  const rows = tokens.length;
  const positions = (start: number, count: number) =>
    Int32Array.from({ length: count }, (_, i) => start + i);
  const common = {
    visibility: { kind: "full" },
    sampling: { ...GREEDY, barred: [shape.vocabSize - 1] },
    logits: true,
    top: 3,
  } as const;
  const after = (add: number) => ({
    start: rows,
    tokens: positions(add, 5).map((id) => id % shape.vocabSize),
    predict: positions(rows, 5),
  });
  return [{
    ...common,
    cache: [],
    cached: [],
    branches: [{ start: 0, tokens, predict: positions(0, rows) }],
    commitRows: rows,
  }, {
    ...common,
    cache: [{ kind: "commit", branch: 0, rows, boundary: true }],
    cached: [{ start: 0, end: rows }],
    branches: [after(1), after(7)],
    commitRows: 2,
  }, {
    ...common,
    cache: [{ kind: "commit", branch: 1, rows: 2, boundary: true }],
    cached: [{ start: 0, end: rows + 2 }],
    branches: [{
      ...after(3),
      start: rows + 2,
      predict: positions(rows + 2, 5),
    }],
    commitRows: 0,
  }];
}

/** Some processors round the activations of a bf16 product, each shard at other places. */
const NEAR = { f32: 1e-4, bf16: 5e-2 };

for (const dtype of ["f32", "bf16"] as const) {
  const near = NEAR[dtype];
  nativeTest(
    `tensor parallel: logits, tokens and confidence of 2 to 4 shards (${dtype})`,
    async () => {
      await using devices = await Devices.open(4);
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(cases, async ({ given, shards }) => {
          const source = randomSource(given.shape, given.weights);
          using single = await devices.single(source, dtype);
          await using divided = await BranchParallelModel.create(source, {
            mesh: { bp: 1, tp: shards },
            device: DEVICE,
            dtype,
          });
          const one = single.open(), many = divided.open();
          for (const request of requests(given)) {
            const wanted = await one.forward(request);
            const got = await many.forward(request);
            assertEquals(got.rows, wanted.rows);
            got.branches.forEach((branch, b) => {
              const other = wanted.branches[b]!;
              const scale = Math.max(...other.logits!.map(Math.abs));
              assert(
                maxDifference(branch.logits!, other.logits!) <=
                  near / 5 * scale,
              );
              for (let i = 0; i < other.tokens.length; i++) {
                if (other.margin[i]! < near) continue;
                compared++;
                assertEquals(branch.tokens[i], other.tokens[i]);
                assert(Math.abs(branch.margin[i]! - other.margin[i]!) < near);
                assert(
                  Math.abs(branch.negEntropy[i]! - other.negEntropy[i]!) < near,
                );
                assert(
                  Math.abs(branch.probability[i]! - other.probability[i]!) <
                    1e-4,
                );
                assertEquals(branch.topTokens![3 * i], other.topTokens![3 * i]);
              }
            });
          }
          one.close();
          many.close();
        }),
        { seed: 21, numRuns: 40 },
      );
      assertGreater(compared, 200);
    },
  );
}

nativeTest(
  "tensor parallel: two divided replicas decode as one, bit for bit, with equal caches",
  async () => {
    const coverage = new Coverage();
    await fc.assert(
      fc.asyncProperty(
        tinyCasesOf("dream", "llada"),
        blockOptions,
        branchOptions,
        fc.constantFrom("two-phase" as const, "single-phase" as const),
        async (given, block, branches, protocol) => {
          if (given.shape.heads < 2) return;
          const source = randomSource(given.shape, given.weights);
          const options = { device: DEVICE, protocol };
          await using one = await BranchParallelModel.create(source, {
            ...options,
            mesh: { bp: 1, tp: 2 },
          });
          await using two = await BranchParallelModel.create(source, {
            ...options,
            mesh: { bp: 2, tp: 2 },
          });
          const decoder = lopa({
            ...block,
            ...branches,
            ...(protocol === "single-phase"
              ? { visibility: "block-causal" }
              : {}),
          });
          const prompt = promptOf(given);
          const wanted = await observe(one, decoder, prompt);
          assertEquals(
            await observe(comparingCaches(two), decoder, prompt),
            wanted,
          );
          coverage.add(wanted.trace);
        },
      ),
      { seed: 22, numRuns: 15 },
    );
    coverage.check("branched", "cached");
  },
);

nativeTest(
  "create: more shards than heads are refused, and nothing is left open",
  async () => {
    await assertRejects(
      () =>
        BranchParallelModel.create(randomSource(SHAPES.tiny), {
          mesh: { bp: 1, tp: 5 },
          device: DEVICE,
        }),
      MeshError,
      "only 4 attention heads",
    );
  },
);

nativeTest("tensor parallel: closing gives all memory back", async () => {
  await using device = await Device.open(DEVICE);
  await using other = await Device.open(DEVICE);
  const before = device.info.bytes + other.info.bytes;
  const model = await TensorParallelModel.create(randomSource(SHAPES.tiny), {
    devices: [device, other],
  });
  const session = model.open({ maxPositions: 64 });
  assertGreater(device.info.bytes, 0);
  session.close();
  model.close();
  assertEquals(device.info.bytes + other.info.bytes, before);
});

nativeTest(
  "tensor parallel: a shard that dies is named, and the other replica goes on with the same output",
  async () => {
    const source = randomSource(SHAPES.tiny, { seed: 5, sharpness: 2 });
    const open = () => Device.open(DEVICE);
    const all = [await open(), await open(), await open(), await open()];
    const replicas = [
      await TensorParallelModel.create(source, { devices: all.slice(0, 2) }),
      await TensorParallelModel.create(source, {
        devices: all.slice(2),
        firstRank: 2,
      }),
    ];
    await using alone = await BranchParallelModel.create(source, {
      mesh: { bp: 1, tp: 2 },
      device: DEVICE,
    });
    const decoder = lopa({ lookaheads: 3, blockSize: 8, maxNewTokens: 32 });
    const prompt = Int32Array.of(4, 8, 15, 16);
    const wanted = await observe(alone, decoder, prompt);
    await using model = BranchParallelModel.over(replicas);
    let forwards = 0;
    const failing = {
      spec: model.spec,
      open: (options?: { readonly maxPositions?: number }) => {
        const session = model.open(options);
        return {
          close: () => session.close(),
          forward: (request: ForwardRequest) => {
            if (++forwards === 3) all[1]!.close();
            return session.forward(request);
          },
        };
      },
    };
    assertEquals(await observe(failing, decoder, prompt), wanted);
    assertGreater(forwards, 4);
    assertEquals(model.lost.map(({ rank, phase }) => [rank, phase]), [[
      1,
      "pre-write",
    ]]);
    model.close();
    for (const device of all) device.close();
  },
);

nativeTest(
  "tensor parallel: logits that are no numbers are the model's fault",
  async () => {
    await using model = await BranchParallelModel.create(
      randomSource(SHAPES.tiny, { sharpness: 3e38 }),
      { mesh: { bp: 2, tp: 2 }, device: DEVICE },
    );
    await assertRejects(
      () =>
        observe(
          model,
          lopa({ blockSize: 8, maxNewTokens: 16 }),
          Int32Array.of(1),
        ),
      NonFiniteError,
    );
    assertEquals(model.lost, []);
  },
);
