import { assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  download,
  maxDifference,
  onEveryIsa,
  randomFloats,
  runOnce,
  upload,
} from "./_fixture.ts";
import { inner } from "./_gradient_oracle.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";

/** Table of cosines and sines of `ropeKv`, and a shape over it. */
const ROPE = { heads: 4, kvHeads: 2, headDim: 6, maxPosition: 40 };
const ROPE_WIDTH = (ROPE.heads + 2 * ROPE.kvHeads) * ROPE.headDim;
const KV_WIDTH = ROPE.kvHeads * ROPE.headDim;

function ropeTable(headDim: number, positions: number): Float32Array {
  return Float32Array.from({ length: positions * headDim }, (_, at) => {
    const pair = at % (headDim / 2);
    const angle = Math.floor(at / headDim) / 50 ** (2 * pair / headDim);
    return at % headDim < headDim / 2 ? Math.cos(angle) : Math.sin(angle);
  });
}

onEveryIsa(
  "ropeKvGrad undoes ropeKv, in other rows nothing",
  async (device) => {
    const positions = [0, 5, 39, 17];
    const rows = positions.length;
    const given = randomFloats((rows + 1) * ROPE_WIDTH, 3);
    const qkv = upload(device, given);
    const keys = device.buffer(4 * (rows + 1) * KV_WIDTH);
    const values = device.buffer(4 * (rows + 1) * KV_WIDTH);
    const table = upload(device, ropeTable(ROPE.headDim, ROPE.maxPosition));
    const shared = {
      ...ROPE,
      table,
      rowsAt: 0,
      positionsAt: 1,
      maxRows: rows + 1,
    };
    const back = upload(device, given.map(() => 7));
    const words = Int32Array.of(rows, ...positions, 0);
    await runOnce(
      device,
      words,
      (encoder) =>
        encoder.ropeKv({ ...shared, qkv, keys, values, qkvStride: ROPE_WIDTH }),
    );
    const rotated = download(qkv, given.length);
    const dqkv = upload(
      device,
      rotated.map((x, at) =>
        at % ROPE_WIDTH < ROPE.heads * ROPE.headDim ? x : 7
      ),
    );
    for (const target of [dqkv, back]) {
      await runOnce(device, words, (encoder) =>
        encoder.ropeKvGrad({
          ...shared,
          dqkv: target,
          dkeys: keys,
          dvalues: values,
          dqkvStride: ROPE_WIDTH,
        }));
    }
    const count = rows * ROPE_WIDTH;
    const got = download(dqkv, given.length);
    assertLess(
      maxDifference(got.slice(0, count), given.slice(0, count)),
      3e-7,
    );
    const valuesAt = (ROPE.heads + ROPE.kvHeads) * ROPE.headDim;
    for (let i = 0; i < rows; i++) {
      const at = i * ROPE_WIDTH + valuesAt;
      const end = (i + 1) * ROPE_WIDTH;
      assertEquals(got.slice(at, end), given.slice(at, end));
    }
    const queries = ROPE.heads * ROPE.headDim;
    assertEquals(
      got.slice(count + queries),
      new Float32Array(ROPE_WIDTH - queries).fill(7),
    );
    assertEquals(
      got.slice(count, count + queries),
      given.slice(count, count + queries),
    );
    const sevens = download(back, given.length);
    const first = sevens.slice(0, queries);
    assertEquals(first, new Float32Array(queries).fill(7));
    assertEquals(
      sevens.slice(queries, ROPE_WIDTH),
      got.slice(queries, ROPE_WIDTH),
    );
  },
);

onEveryIsa("ropeKvGrad is the adjoint of ropeKv", async (device) => {
  const shape = { heads: 6, kvHeads: 3, headDim: 32, maxPosition: 90 };
  const [rows, kv] = [70, shape.kvHeads * shape.headDim];
  const queries = shape.heads * shape.headDim;
  const width = queries + 2 * kv;
  const words = Int32Array.from(
    { length: rows + 1 },
    (_, i) => i === 0 ? rows : i * 13 % 90,
  );
  const x = randomFloats(rows * width, 1);
  const dq = randomFloats(rows * width, 2);
  const [dk, dv] = [3, 4].map((seed) => randomFloats(rows * kv, seed));
  const shared = {
    ...shape,
    table: upload(device, ropeTable(shape.headDim, shape.maxPosition)),
    rowsAt: 0,
    positionsAt: 1,
    maxRows: rows,
  };
  const [qkv, dqkv] = [upload(device, x), upload(device, dq)];
  const keys = device.buffer(4 * rows * kv);
  const values = device.buffer(4 * rows * kv);
  await runOnce(device, words, (encoder) => {
    encoder.ropeKv({ ...shared, qkv, keys, values, qkvStride: width });
    encoder.ropeKvGrad({
      ...shared,
      dqkv,
      dkeys: upload(device, dk!),
      dvalues: upload(device, dv!),
      dqkvStride: width,
    });
  });
  const queriesOf = (data: Float32Array) =>
    data.map((value, at) => at % width < queries ? value : 0);
  const forward = inner(queriesOf(download(qkv, rows * width)), dq) +
    inner(download(keys, rows * kv), dk!) +
    inner(download(values, rows * kv), dv!);
  assertLess(
    Math.abs(forward - inner(x, download(dqkv, rows * width))),
    1e-4,
  );
});

onEveryIsa(
  "ropeKvGrad refuses a position outside its table",
  async (device) => {
    const error = await assertRejects(
      () =>
        runOnce(device, Int32Array.of(1, 40), (encoder) =>
          encoder.ropeKvGrad({
            ...ROPE,
            dqkv: device.buffer(4 * ROPE_WIDTH),
            table: device.buffer(4 * ROPE.headDim * ROPE.maxPosition),
            dkeys: device.buffer(4 * KV_WIDTH),
            dvalues: device.buffer(4 * KV_WIDTH),
            dqkvStride: ROPE_WIDTH,
            rowsAt: 0,
            positionsAt: 1,
            maxRows: 1,
          })),
      EngineError,
      "wanted below max_position 40",
    );
    assertEquals(error.status, "BAD_COMMAND");
  },
);

/** What an embedding gradient takes. */
interface EmbedRun {
  readonly tokens: readonly number[];
  readonly width: number;
  readonly vocab: number;
  readonly skip: number;
}

const NO_SKIP = 0xffffffff;

async function nativeEmbedGrad(
  device: Device,
  { tokens, width, vocab, skip }: EmbedRun,
): Promise<{ got: Float32Array; expected: Float32Array }> {
  const stride = width + 1;
  const dout = randomFloats((tokens.length + 1) * stride, 11);
  const before = randomFloats(vocab * width, 12);
  const dtable = upload(device, before);
  const words = Int32Array.of(tokens.length, ...tokens, 0);
  await runOnce(device, words, (encoder) =>
    encoder.embedGrad({
      dout: upload(device, dout),
      dtable,
      vocab,
      k: width,
      doutStride: stride,
      rowsAt: 0,
      tokensAt: 1,
      maxRows: tokens.length + 1,
      skip,
    }));
  const expected = before.slice();
  tokens.forEach((token, row) => {
    if (token === skip) return;
    for (let i = 0; i < width; i++) {
      expected[token * width + i]! += dout[row * stride + i]!;
    }
  });
  return { got: download(dtable, vocab * width), expected };
}

onEveryIsa(
  "embedGrad adds the rows of each token in order",
  async (device) => {
    const tokens = Array.from({ length: 300 }, (_, i) => i * i % 13);
    for (const width of [1, 31, 32, 192, 200]) {
      for (const skip of [NO_SKIP, 4, 12]) {
        const given = { tokens, width, vocab: 14, skip };
        const { got, expected } = await nativeEmbedGrad(device, given);
        assertEquals(got, expected);
      }
    }
  },
);

onEveryIsa("embedGrad refuses tokens it cannot place", async (device) => {
  const good = { tokens: [3, 0], width: 4, vocab: 5, skip: NO_SKIP };
  await nativeEmbedGrad(device, good);
  const bad: [Partial<EmbedRun>, string][] = [
    [{ tokens: [1, 5] }, "token 1 is 5, wanted 0 to 4"],
    [{ tokens: [-1] }, "token 0 is -1"],
    [{ skip: 5 }, "skip is 5"],
  ];
  for (const [own, text] of bad) {
    const error = await assertRejects(
      () => nativeEmbedGrad(device, { ...good, ...own }),
      EngineError,
      text,
    );
    assertEquals(error.status, "BAD_COMMAND");
  }
});
