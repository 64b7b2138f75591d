import { assertEquals } from "@std/assert";
import { isas, library, nativeTest, randomFloats, upload } from "./_fixture.ts";
import type { Isa } from "./abi.ts";
import type { DeviceBuffer } from "./buffer.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

const WIDTH = 96;
const HEADS = 6;
const DIM = WIDTH / HEADS;
const ROWS = 70;

/** Runs norm, projection and attention of the chosen rows as one pass; a segment per row, each seeing the cache and itself. */
async function pass(
  device: Device,
  rows: readonly number[],
  dtype: "f32" | "bf16",
): Promise<Float32Array> {
  const count = rows.length;
  const all = randomFloats(ROWS * WIDTH, 1);
  const input = Float32Array.from(
    rows.flatMap((r) => [...all.subarray(r * WIDTH, (r + 1) * WIDTH)]),
  );
  const layout = new ParameterLayout();
  const rowsAt = layout.reserve();
  const segmentsAt = layout.reserveSegments(count);
  const limitsAt = layout.reserve(count);
  const table = new ParameterTable(layout);
  table.set(rowsAt, count);
  table.setSegments(
    segmentsAt,
    rows.map((_, i) => ({
      row: i,
      rows: 1,
      ranges: [
        { source: "cache", position: 0, count: 37, row: 0 },
        { source: "fresh", position: 37, count: 1, row: i },
      ],
    })),
  );
  table.setAll(limitsAt, rows.map(() => 38));
  const params = device.buffer(table.words.byteLength);
  const weight = device.weight({ dtype, rows: WIDTH, columns: WIDTH });
  weight.writeRows(randomFloats(WIDTH * WIDTH, 2), {
    dtype: "f32",
    rows: WIDTH,
  });
  const fresh = (): DeviceBuffer => device.buffer(4 * count * WIDTH);
  const [normed, q, out] = [fresh(), fresh(), fresh()];
  const shape = { inStride: WIDTH, outStride: WIDTH, rowsAt, maxRows: count };
  const encoder = new CommandEncoder({ params, output: out });
  encoder.rmsNorm({
    input: upload(device, input),
    gain: upload(device, randomFloats(WIDTH, 3)),
    out: normed,
    width: WIDTH,
    eps: 1e-6,
    ...shape,
  });
  encoder.matmul({ input: normed, weight, out: q, outCols: WIDTH, ...shape });
  encoder.attention({
    q,
    freshKeys: q,
    freshValues: normed,
    cacheKeys: upload(device, randomFloats(37 * WIDTH, 4)),
    cacheValues: upload(device, randomFloats(37 * WIDTH, 5)),
    out,
    qStride: WIDTH,
    outStride: WIDTH,
    heads: HEADS,
    kvHeads: HEADS,
    headDim: DIM,
    segmentsAt,
    limitsAt,
    maxSegments: count,
    maxRows: count,
    cacheRows: 37,
    scale: DIM ** -0.5,
  });
  const bytes = new Uint8Array(4 * count * WIDTH);
  await device.submit(encoder.finish(), { params: table.words, out: bytes });
  return new Float32Array(bytes.buffer);
}

function open(isa: Isa, threads: number): Promise<Device> {
  return Device.open({ library: library!, isa, threads });
}

const range = Array.from({ length: ROWS }, (_, i) => i);

for (const isa of isas) {
  for (const dtype of ["f32", "bf16"] as const) {
    nativeTest(
      `a row's bits do not depend on the rows beside it (${isa}, ${dtype})`,
      async () => {
        await using device = await open(isa, 2);
        const whole = await pass(device, range, dtype);
        for (
          const rows of [
            [0],
            [69],
            [5, 6, 7],
            range.slice(10, 43),
            range.toReversed(),
          ]
        ) {
          const part = await pass(device, rows, dtype);
          rows.forEach((r, i) =>
            assertEquals(
              part.slice(i * WIDTH, (i + 1) * WIDTH),
              whole.slice(r * WIDTH, (r + 1) * WIDTH),
              `row ${r} of ${rows.length}`,
            )
          );
        }
      },
    );

    nativeTest(
      `a pass has the same bits on 1, 2 and 3 threads (${isa}, ${dtype})`,
      async () => {
        await using one = await open(isa, 1);
        const expected = await pass(one, range, dtype);
        for (const threads of [2, 3]) {
          await using device = await open(isa, threads);
          assertEquals(await pass(device, range, dtype), expected);
        }
      },
    );
  }
}
