import { assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  download,
  maxDifference,
  onEveryIsa,
  randomFloats,
  randomMatrix,
  runOnce,
  upload,
} from "./_fixture.ts";
import { rotate, row } from "./_oracle.ts";
import { EngineError } from "./errors.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

onEveryIsa(
  "ropeKv rotates by position and splits keys and values",
  async (device) => {
    const [rows, heads, kvHeads, dim, maxPosition] = [3, 4, 2, 6, 40];
    const positions = [0, 5, 39];
    const width = (heads + 2 * kvHeads) * dim;
    const qkv = randomMatrix(rows, width, { seed: 1 });
    const angles = (position: number) =>
      Array.from(
        { length: dim / 2 },
        (_, i) => position / 100 ** (2 * i / dim),
      );
    const table = Float32Array.from({ length: maxPosition * dim }, (_, at) => {
      const angle = angles(Math.floor(at / dim))[at % (dim / 2)]!;
      return at % dim < dim / 2 ? Math.cos(angle) : Math.sin(angle);
    });
    const buffer = upload(device, qkv.data);
    const keys = device.buffer(4 * rows * kvHeads * dim);
    const values = device.buffer(4 * rows * kvHeads * dim);
    await runOnce(
      device,
      Int32Array.of(rows, ...positions),
      (encoder) =>
        encoder.ropeKv({
          qkv: buffer,
          table: upload(device, table),
          keys,
          values,
          qkvStride: width,
          heads,
          kvHeads,
          headDim: dim,
          rowsAt: 0,
          positionsAt: 1,
          maxRows: rows,
          maxPosition,
        }),
    );
    const q = download(buffer, rows * width);
    const k = download(keys, rows * kvHeads * dim);
    const v = download(values, rows * kvHeads * dim);
    for (let i = 0; i < rows; i++) {
      const given = row(qkv, i);
      for (let head = 0; head < heads + kvHeads; head++) {
        const vector = given.subarray(head * dim, (head + 1) * dim);
        const got = head < heads
          ? q.subarray(i * width + head * dim)
          : k.subarray((i * kvHeads + head - heads) * dim);
        const expected = rotate(vector, angles(positions[i]!));
        assertLess(maxDifference(got.subarray(0, dim), expected), 2e-6);
      }
      const plain = given.slice((heads + kvHeads) * dim);
      assertEquals(v.slice(i * kvHeads * dim, (i + 1) * kvHeads * dim), plain);
    }
  },
);

onEveryIsa("ropeKv refuses a position outside its table", async (device) => {
  const buffer = device.buffer(4 * 16);
  const error = await assertRejects(
    () =>
      runOnce(device, Int32Array.of(1, 8), (encoder) =>
        encoder.ropeKv({
          qkv: buffer,
          table: device.buffer(4 * 8 * 4),
          keys: device.buffer(16),
          values: device.buffer(16),
          qkvStride: 12,
          heads: 1,
          kvHeads: 1,
          headDim: 4,
          rowsAt: 0,
          positionsAt: 1,
          maxRows: 1,
          maxPosition: 8,
        })),
    EngineError,
  );
  assertEquals(error.status, "BAD_COMMAND");
});

onEveryIsa("copyRows copies the same rows in every plane", async (device) => {
  const [planes, srcRows, dstRows, width] = [3, 4, 6, 5];
  const source = randomFloats(planes * srcRows * width, 50);
  const src = upload(device, source);
  const dst = device.buffer(4 * planes * dstRows * width);
  const layout = new ParameterLayout();
  const tableAt = layout.reserveCopies(4);
  const table = new ParameterTable(layout);
  const copies = [{ from: 1, to: 4, rows: 2 }, { from: 0, to: 0, rows: 1 }];
  table.setCopies(tableAt, copies);
  await runOnce(device, table.words, (encoder) =>
    encoder.copyRows({
      src,
      dst,
      rowBytes: 4 * width,
      srcPlaneBytes: 4 * srcRows * width,
      dstPlaneBytes: 4 * dstRows * width,
      srcRows,
      dstRows,
      planes,
      tableAt,
      maxEntries: 4,
    }));
  const expected = new Float32Array(planes * dstRows * width);
  for (let plane = 0; plane < planes; plane++) {
    for (const { from, to, rows } of copies) {
      const at = (plane * srcRows + from) * width;
      expected.set(
        source.subarray(at, at + rows * width),
        (plane * dstRows + to) * width,
      );
    }
  }
  assertEquals(download(dst, expected.length), expected);
});
