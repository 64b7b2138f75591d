import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  library,
  nativeTest,
  onEveryIsa,
  randomFloats,
  runOnce,
  upload,
} from "./_fixture.ts";
import { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

/** Status and text of what a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<EngineError> {
  return await assertRejects(() => promise, EngineError) as EngineError;
}

const f = Math.fround;

function bf16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0]!;
}

interface ShardCase {
  readonly count: number;
  readonly columns: number;
  readonly stride: number;
  readonly barred: readonly number[];
  readonly bf16: boolean;
  readonly epsilon: number;
}

/** Runs both records on logits `[count, stride]`; `scale` is what the sums of all shards are of this one's. */
async function shardHead(
  device: Device,
  logits: Float32Array,
  given: ShardCase,
  scale = 1,
): Promise<{ readonly sums: Float64Array; readonly winners: Float64Array }> {
  const { count, columns, stride } = given;
  const layout = new ParameterLayout();
  const requestsAt = layout.reserveRequests(count);
  const barredAt = layout.reserveIds(given.barred.length);
  const table = new ParameterTable(layout);
  table.setHeadRows(requestsAt, {
    ...{ rows: new Int32Array(count), uniforms: null, bf16: given.bf16 },
    entropyEpsilon: given.epsilon,
  });
  table.setIds(barredAt, given.barred);
  using buffer = upload(device, logits);
  using sums = device.buffer(16 * count);
  using winners = device.buffer(40 * count);
  const shard = {
    ...{ logits: buffer, columns, stride, requestsAt, barredAt },
    maxRequests: count,
  };
  await runOnce(
    device,
    table.words,
    (encoder) => encoder.shardSums({ ...shard, out: sums }),
  );
  const own = sums.read(new Float64Array(2 * count));
  sums.write(own.map((x, i) => i % 2 === 1 ? scale * x : x));
  await runOnce(
    device,
    table.words,
    (encoder) => encoder.shardWinners({ ...shard, sums, out: winners }),
  );
  return { sums: own, winners: winners.read(new Float64Array(5 * count)) };
}

onEveryIsa(
  "shardSums and shardWinners give what the distribution says",
  async (device) => {
    for (const columns of [1, 2, 37, 257]) {
      for (const rounded of [false, true]) {
        const given: ShardCase = {
          ...{ count: 5, columns, stride: columns + 1, bf16: rounded },
          ...{ barred: columns > 2 ? [0, 2, 2] : [], epsilon: 1e-3 },
        };
        const logits = randomFloats(5 * (columns + 1), columns).map((x) =>
          9 * x
        );
        if (columns > 30) {
          logits[columns + 1 + 7] =
            logits[columns + 1 + 30] =
              40; // a tie
        }
        const { sums, winners } = await shardHead(device, logits, given, 3);
        const round = rounded ? (x: number) => bf16(f(x)) : f;
        for (let r = 0; r < 5; r++) {
          const row = Array.from(
            logits.subarray(r * (columns + 1)).subarray(0, columns),
            (x, i) => given.barred.includes(i) ? -Infinity : round(x),
          );
          const largest = Math.max(...row);
          const sum = row.reduce((all, x) => all + Math.exp(x - largest), 0);
          assertEquals(sums[2 * r], largest);
          assertAlmostEquals(sums[2 * r + 1]!, sum, 1e-13 * sum);
          const p = row.map((x) => round(Math.exp(x - largest) / (3 * sum)));
          const sorted = p.toSorted((a, b) => b - a);
          const near = rounded ? 2e-2 : 1e-6;
          const [first, column, second, entropy, mass] = winners.subarray(
            5 * r,
          );
          assertAlmostEquals(first!, sorted[0]!, near);
          assertEquals(column, p.indexOf(sorted[0]!));
          assertAlmostEquals(second!, sorted[1] ?? 0, near);
          assertAlmostEquals(mass!, p.reduce((a, b) => a + b), near);
          const logs = p.map((x) => x === 0 ? 0 : x * Math.log(x + 1e-3));
          assertAlmostEquals(entropy!, logs.reduce((a, b) => a + b), 10 * near);
        }
      }
    }
  },
);

nativeTest("shard records do not depend on threads", async () => {
  const given = {
    count: 50,
    columns: 90,
    stride: 91,
    bf16: false,
    barred: [3],
    epsilon: 0,
  };
  const logits = randomFloats(50 * 91, 3);
  const results = [];
  for (const threads of [1, 4]) {
    using device = await Device.open({ library: library!, threads });
    results.push(await shardHead(device, logits, given, 2));
  }
  assertEquals(results[0], results[1]);
});

nativeTest(
  "a shard whose columns are all barred has no mass and names no winner above 0",
  async () => {
    using device = await Device.open({ library: library!, threads: 1 });
    const given = {
      count: 1,
      columns: 2,
      stride: 2,
      bf16: false,
      barred: [0, 1],
      epsilon: 0,
    };
    const layout = Float32Array.of(1, 2);
    const error = await failure(shardHead(device, layout, given));
    // alone it would be the whole vocabulary: there is no sum to divide by
    assertEquals(error.status, "NUMERIC");
    assertStringIncludes(error.message, "a sum above 0");
  },
);

nativeTest("shard records refuse bad tables and logits", async () => {
  using device = await Device.open({ library: library!, threads: 1 });
  const given = {
    count: 2,
    columns: 3,
    stride: 4,
    bf16: false,
    barred: [],
    epsilon: 0,
  };
  const good = new Float32Array(8);
  for (
    const [logits, change, text] of [
      [good, { barred: [3] }, "barred column 0 is 3"],
      [good, { columns: 0 }, "columns is 0"],
      [good, { columns: 5 }, "row stride"],
      [good, { epsilon: -1 }, "entropy epsilon is -1"],
      [Float32Array.of(0, 0, 0, 0, 0, NaN, 0, 0), {}, "request 1"],
      [Float32Array.of(Infinity, 0, 0, 0, 0, 0, 0, 0), {}, "request 0"],
    ] as const
  ) {
    const error = await failure(
      shardHead(device, logits, { ...given, ...change }),
    );
    assertStringIncludes(error.message, text);
  }
  // Beyond the columns nothing counts.
  await shardHead(device, Float32Array.of(0, 0, 0, NaN, 0, 0, 0, NaN), given);
});
