import { assertEquals } from "@std/assert";
import { isas, library, nativeTest, randomFloats, upload } from "./_fixture.ts";
import { lossWords } from "./_loss_case.ts";
import { adamwWords } from "./_optimizer_oracle.ts";
import { DTYPE_CODES, LOSS_RESULT_BYTES } from "./abi.ts";
import type { DeviceBuffer } from "./buffer.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

const ROWS = 150;
const HEADS = 6;
const KV_HEADS = 2;
const DIM = 16;
const WIDTH = HEADS * DIM;
const KV = KV_HEADS * DIM;
const QKV = WIDTH + 2 * KV;
const MLP = 72;
const VOCAB = 131;
/** Elements of the master weights: several chunks of the threads. */
const MASTER = 70_001;
const GROUPS = [2, 0.5];

/** The tables that the operations read. */
function parameters() {
  const layout = new ParameterLayout();
  const rowsAt = layout.reserve();
  const tokensAt = layout.reserve(ROWS);
  const positionsAt = layout.reserve(ROWS);
  const segmentsAt = layout.reserveSegments(3);
  const limitsAt = layout.reserve(ROWS);
  const loss = lossWords({
    vocab: VOCAB,
    logits: [],
    rows: Array.from({ length: ROWS }, (_, r) => ({
      target: r % VOCAB,
      hard: 1,
      soft: 0.5,
      group: r % 2,
    })),
    groups: GROUPS,
  });
  const lossAt = layout.reserve(loss.words.length);
  const adamw = adamwWords({
    rate: 1e-3,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    decay: 0.1,
    normLimit: 1,
  }, 1);
  const adamwAt = layout.reserve(adamw.length);
  const tAt = layout.reserve();
  const table = new ParameterTable(layout);
  const indices = Array.from({ length: ROWS }, (_, r) => r);
  table.set(rowsAt, ROWS);
  table.setAll(tokensAt, indices.map((r) => 17 * r % VOCAB));
  table.setAll(positionsAt, indices.map((r) => r % 64));
  const lengths = [70, 1, ROWS - 71];
  let row = 0;
  table.setSegments(
    segmentsAt,
    lengths.map((count) => {
      const begin = row;
      row += count;
      const range = {
        source: "fresh",
        position: 0,
        count,
        row: begin,
      } as const;
      return { row: begin, rows: count, ranges: [range] };
    }),
  );
  table.setAll(limitsAt, indices.map((r) => r < 70 ? r + 1 : ROWS));
  table.setAll(lossAt, loss.words);
  table.setAll(adamwAt, adamw);
  new DataView(table.words.buffer).setFloat32(4 * tAt, 0.25, true);
  const groupsAt = lossAt + loss.groupsAt;
  const at = { rowsAt, tokensAt, positionsAt, segmentsAt, limitsAt };
  return { words: table.words, at, lossAt, groupsAt, adamwAt, tAt };
}

/** Every training operation once, over the same random data; what all their results hold, as bits. */
async function step(
  device: Device,
  dtype: "f32" | "bf16",
): Promise<Uint32Array[]> {
  const { words, at, lossAt, groupsAt, adamwAt, tAt } = parameters();
  const { rowsAt, tokensAt, positionsAt, segmentsAt, limitsAt } = at;
  const written: DeviceBuffer[] = [];
  const data = (count: number, seed: number) =>
    upload(device, randomFloats(count, seed));
  const result = (count: number, seed = 1) => {
    const buffer = data(count, seed);
    written.push(buffer);
    return buffer;
  };
  const params = device.buffer(words.byteLength);
  const encoder = new CommandEncoder({ params });
  const rows = { rowsAt, maxRows: ROWS };
  const heads = { heads: HEADS, kvHeads: KV_HEADS, headDim: DIM };

  const gradient = result(MASTER);
  encoder.fill({ dst: gradient, count: MASTER / 2 | 0, value: 0.5 });
  const weight = device.weight({ dtype, rows: WIDTH, columns: WIDTH });
  encoder.pack({
    weight,
    src: data(WIDTH * WIDTH, 2),
    rows: WIDTH,
    cols: WIDTH,
    srcStride: WIDTH,
    transpose: 1,
    scale: 0.5,
  });
  const dhidden = result(ROWS * WIDTH);
  const input = data(ROWS * WIDTH, 3);
  encoder.matmul({
    input,
    weight,
    out: dhidden,
    inStride: WIDTH,
    outStride: WIDTH,
    outCols: WIDTH,
    ...rows,
  });
  encoder.matmulGrad({
    dout: dhidden,
    input,
    dweight: gradient,
    dbias: result(WIDTH),
    n: WIDTH,
    k: WIDTH,
    doutStride: WIDTH,
    inStride: WIDTH,
    dtype: DTYPE_CODES[dtype],
    scale: 1,
    ...rows,
  });
  encoder.rmsNormGrad({
    input,
    gain: data(WIDTH, 4),
    dout: data(ROWS * WIDTH, 5),
    din: dhidden,
    dgain: result(WIDTH),
    width: WIDTH,
    inStride: WIDTH,
    doutStride: WIDTH,
    dinStride: WIDTH,
    eps: 1e-6,
    ...rows,
  });
  const inner = data(ROWS * 2 * MLP, 6);
  encoder.swiglu({
    input: inner,
    out: result(ROWS * MLP),
    width: MLP,
    inStride: 2 * MLP,
    outStride: MLP,
    ...rows,
  });
  encoder.swigluGrad({
    input: inner,
    dout: data(ROWS * MLP, 7),
    din: result(ROWS * 2 * MLP),
    width: MLP,
    inStride: 2 * MLP,
    doutStride: MLP,
    dinStride: 2 * MLP,
    ...rows,
  });
  const [dqkv, dkeys, dvalues] = [
    result(ROWS * QKV),
    result(ROWS * KV),
    result(ROWS * KV),
  ];
  encoder.attentionGrad({
    q: data(ROWS * WIDTH, 8),
    keys: data(ROWS * KV, 9),
    values: data(ROWS * KV, 10),
    dout: input,
    dq: dqkv,
    dkeys,
    dvalues,
    qStride: WIDTH,
    doutStride: WIDTH,
    dqStride: QKV,
    segmentsAt,
    limitsAt,
    maxSegments: 3,
    maxRows: ROWS,
    scale: DIM ** -0.5,
    ...heads,
  });
  encoder.ropeKvGrad({
    dqkv,
    table: data(64 * DIM, 11),
    dkeys,
    dvalues,
    dqkvStride: QKV,
    positionsAt,
    maxPosition: 64,
    ...heads,
    ...rows,
  });
  encoder.embedGrad({
    dout: dhidden,
    dtable: gradient,
    vocab: VOCAB,
    k: WIDTH,
    doutStride: WIDTH,
    tokensAt,
    skip: 3,
    ...rows,
  });
  encoder.tokenLoss({
    logits: data(ROWS * VOCAB, 12),
    teacher: data(ROWS * VOCAB, 13),
    dlogits: result(ROWS * VOCAB),
    out: result(ROWS * LOSS_RESULT_BYTES / 4),
    vocab: VOCAB,
    logitsStride: VOCAB,
    teacherStride: VOCAB,
    dlogitsStride: VOCAB,
    rowsAt: lossAt,
    groupsAt,
    maxRows: ROWS,
    maxGroups: GROUPS.length,
    flags: 0,
    temperature: 0.5,
  });
  const normSquared = result(2);
  encoder.sumSquares({ src: gradient, out: normSquared, count: MASTER });
  const [param, average] = [result(MASTER), result(MASTER, 14)];
  encoder.adamw({
    param,
    grad: gradient,
    moment1: result(MASTER),
    moment2: upload(device, new Float32Array(MASTER)),
    normSquared,
    count: MASTER,
    wordsAt: adamwAt,
    decay: 0.1,
  });
  encoder.lerp({ src: param, dst: average, count: MASTER, tAt });
  await device.submit(encoder.finish(), { params: words });
  return written.map((buffer) =>
    buffer.read(new Uint32Array(buffer.bytes / 4))
  );
}

for (const isa of isas) {
  for (const dtype of ["f32", "bf16"] as const) {
    nativeTest(
      `training operations have the same bits on 1, 2 and 3 threads (${isa}, ${dtype})`,
      async () => {
        await using one = await Device.open({
          library: library!,
          isa,
          threads: 1,
        });
        const expected = await step(one, dtype);
        for (const threads of [2, 3]) {
          await using device = await Device.open({
            library: library!,
            isa,
            threads,
          });
          assertEquals(await step(device, dtype), expected);
        }
      },
    );
  }
}
