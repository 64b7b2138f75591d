/** Random records of divided models against plain ones, bit for bit where the header fixes the order of sums. */
import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import { library, nativeTest, runOnce, upload } from "./_fixture.ts";
import {
  memberSums,
  shardLogits,
  shardSums,
  shardWinners,
} from "./_parallel_oracle.ts";
import { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import { DeviceGroup } from "./group.ts";
import type { CommandEncoder } from "./encoder.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

/** A seed, so that what passes here passes everywhere. */
const RUNS = { numRuns: 60, seed: 11 };

const floats = (length: number) =>
  fc.array(fc.float(), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values));

const reduction = fc.record({
  members: fc.integer({ min: 2, max: 4 }),
  maxRows: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 9 }),
  gap: fc.integer({ min: 0, max: 3 }),
  before: fc.integer({ min: 0, max: 4 }),
  rowShare: fc.double({ min: 0, max: 1, noNaN: true }),
}).chain((shape) => {
  const { maxRows, width, gap, before, members } = shape;
  const elements = before + maxRows * (width + gap);
  return fc.record({
    shape: fc.constant(shape),
    values: fc.tuple(
      ...Array.from({ length: members }, () => floats(elements)),
    ),
  });
});

nativeTest(
  "allReduce: any values, shapes and places become the sums in member order, and nothing else changes",
  async () => {
    const devices: Device[] = [];
    for (const threads of [1, 2, 1, 3]) {
      devices.push(
        await Device.open({ library: library!, threads, concurrent: true }),
      );
    }
    await fc.assert(
      fc.asyncProperty(reduction, async ({ shape, values }) => {
        const { members, maxRows, width, gap, before } = shape;
        const stride = width + gap;
        const rows = Math.round(shape.rowShare * maxRows);
        using group = new DeviceGroup(library!, members);
        const got = await Promise.all(values.map(async (own, member) => {
          const device = devices[member]!;
          using buffer = upload(device, own);
          await runOnce(
            device,
            Int32Array.of(rows),
            (encoder) =>
              encoder.allReduce({
                ...{ group, member, width, stride, rowsAt: 0, maxRows },
                values: { id: buffer.id, offset: 4 * before },
              }),
          );
          return buffer.read(new Float32Array(own.length));
        }));
        const sums = memberSums(values);
        const wanted = values.map((own) =>
          own.map((value, i) => {
            const at = i - before;
            const summed = at >= 0 && at % stride < width &&
              at < rows * stride;
            return summed ? sums[i]! : value;
          })
        );
        assertEquals(got, wanted);
      }),
      RUNS,
    );
    for (const device of devices) device.close();
  },
);

/** Logits near each other, ties among them, or anything finite. */
const logit = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map((x) => x / 4),
  fc.float({ min: -60, max: 60, noNaN: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);

const shard = fc.record({
  columns: fc.integer({ min: 1, max: 40 }),
  gap: fc.integer({ min: 0, max: 2 }),
  requests: fc.integer({ min: 1, max: 4 }),
  bf16: fc.boolean(),
  epsilon: fc.constantFrom(0, 1e-10, 1e-3),
  others: fc.record({
    largest: fc.float({ min: -60, max: 60, noNaN: true }),
    sum: fc.double({ min: 1, max: 1e4, noNaN: true }),
  }),
}).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    barred: fc.array(fc.nat(shape.columns - 1), { maxLength: 5 }),
    logits: fc.array(logit, {
      minLength: shape.requests * (shape.columns + shape.gap),
      maxLength: shape.requests * (shape.columns + shape.gap),
    }).map((values) => Float32Array.from(values)),
  })
);

/** Sums of two shards together. */
function together(
  [a, sumA]: readonly [number, number],
  [b, sumB]: readonly [number, number],
): [number, number] {
  const largest = Math.max(a, b);
  return [
    largest,
    sumA * Math.exp(a - largest) + sumB * Math.exp(b - largest),
  ];
}

nativeTest(
  "shardSums and shardWinners: any finite logits give what the plain distribution says",
  async () => {
    using device = await Device.open({ library: library!, threads: 2 });
    await fc.assert(
      fc.asyncProperty(shard, async ({ shape, barred, logits }) => {
        const { columns, gap, requests, bf16, epsilon, others } = shape;
        const stride = columns + gap;
        const layout = new ParameterLayout();
        const requestsAt = layout.reserveRequests(requests);
        const barredAt = layout.reserveIds(barred.length);
        const table = new ParameterTable(layout);
        table.setHeadRows(requestsAt, {
          ...{ rows: new Int32Array(requests), uniforms: null, bf16 },
          entropyEpsilon: epsilon,
        });
        table.setIds(barredAt, barred);
        using buffer = upload(device, logits);
        using sums = device.buffer(16 * requests);
        using winners = device.buffer(40 * requests);
        const fields = {
          ...{ logits: buffer, columns, stride, requestsAt, barredAt },
          maxRequests: requests,
        };
        const run = (record: (encoder: CommandEncoder) => void) =>
          runOnce(device, table.words, record);
        const sum = () => run((e) => e.shardSums({ ...fields, out: sums }));
        const rows = Array.from(
          { length: requests },
          (_, r) =>
            shardLogits(logits.subarray(r * stride, r * stride + columns), {
              ...{ bf16, barred },
            }),
        );
        const overflows = bf16 &&
          rows.some((_, r) =>
            shardLogits(logits.subarray(r * stride, r * stride + columns), {
              ...{ bf16, barred: [] },
            }).some((x) => !Number.isFinite(x))
          );
        if (overflows) {
          const error = await assertRejects(sum, EngineError);
          assertEquals((error as EngineError).status, "NUMERIC");
          return;
        }
        await sum();
        const own = sums.read(new Float64Array(2 * requests));
        const totals = rows.map((row, r) => {
          const [largest, total] = shardSums(row);
          assertEquals(own[2 * r]! + 0, largest + 0); // no -0
          assertAlmostEquals(own[2 * r + 1]!, total, 1e-13 * total);
          return together([own[2 * r]!, own[2 * r + 1]!], [
            others.largest,
            others.sum,
          ]);
        });
        sums.write(Float64Array.from(totals.flat()));
        await run((e) => e.shardWinners({ ...fields, sums, out: winners }));
        const got = winners.read(new Float64Array(5 * requests));
        const wanted = rows.flatMap((row, r) =>
          shardWinners(row, totals[r]!, { bf16, epsilon: Math.fround(epsilon) })
        );
        assertEquals(got, Float64Array.from(wanted));
      }),
      { ...RUNS, numRuns: 300 },
    );
  },
);

nativeTest(
  "shardSums and shardWinners name logits that bf16 carries to infinity, and sums of other rows",
  async () => {
    using device = await Device.open({ library: library!, threads: 1 });
    using logits = upload(device, Float32Array.of(0, 1, 0, 3.4e38));
    using sums = upload(device, Float64Array.of(1, 2, 0.5, 1e-3));
    using out = device.buffer(80);
    const run = async (
      bf16: boolean,
      record: (encoder: CommandEncoder, fields: typeof base) => void,
      count = 2,
    ) => {
      const table = new ParameterTable(layout);
      const rows = new Int32Array(count);
      table.setHeadRows(requestsAt, { rows, uniforms: null, bf16 });
      table.setIds(barredAt, []);
      const error = await assertRejects(
        () => runOnce(device, table.words, (encoder) => record(encoder, base)),
        EngineError,
      );
      assertEquals((error as EngineError).status, "NUMERIC");
      return error.message;
    };
    const layout = new ParameterLayout();
    const requestsAt = layout.reserveRequests(2);
    const barredAt = layout.reserveIds(0);
    const base = {
      ...{ logits, columns: 2, stride: 2, requestsAt, barredAt },
      maxRequests: 2,
    };
    assertStringIncludes(
      await run(true, (e, fields) => e.shardSums({ ...fields, out })),
      "record 0 (SHARD_SUMS): request 1: its logits hold NaN or infinity",
    );
    assertStringIncludes(
      await run(true, (e, fields) => e.shardWinners({ ...fields, sums, out })),
      "record 0 (SHARD_WINNERS): request 1: its logits hold NaN or infinity",
    );
    assertStringIncludes(
      await run(false, (e, fields) => e.shardWinners({ ...fields, sums, out })),
      "request 1: a probability is inf, wanted at most 1; pass the sums of all shards together",
    );
  },
);
