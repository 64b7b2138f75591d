/**
 * One training step of models with random weights: tokens per second, the share of the measured arithmetic peak, and where the
 * time goes, operation by operation. Each line of the itemisation holds an operation's time against the floor of the step, the
 * time that its counted arithmetic would take at the peak.
 *
 * `deno bench --allow-ffi --allow-read --allow-env lib/training/train_bench.ts`; the group `wide` needs 2 GB of memory, and is
 * left out by `--filter small`.
 *
 * @module
 */
import { Device } from "../engine/mod.ts";
import {
  type NetworkShape,
  randomSource,
  shapeConfig,
  SHAPES,
} from "../model/random_model.ts";
import { OpTimes } from "./profiled_plan.ts";
import { createTrainer, type NativeTrainer } from "./trainer.ts";
import { trainingFlops, trainingFlopsByOp } from "./training_cost.ts";
import type { TrainingBatch } from "./types.ts";

/** One model and the batch it is given. */
interface Case {
  readonly name: string;
  readonly shape: NetworkShape;
  readonly precision: "f32" | "bf16";
  readonly sequences: number;
  readonly length: number;
  /** Every how many-th row carries a loss. */
  readonly every: number;
  readonly n: number;
}

const WIDE = { ...SHAPES.half, layers: 3, vocabSize: 4096 };
const CASES: readonly Case[] = [
  {
    name: "small bf16",
    shape: { ...SHAPES.small, vocabSize: 384 },
    precision: "bf16",
    sequences: 50,
    length: 80,
    every: 2,
    n: 10,
  },
  {
    name: "small f32",
    shape: { ...SHAPES.small, vocabSize: 384 },
    precision: "f32",
    sequences: 50,
    length: 80,
    every: 2,
    n: 5,
  },
  {
    name: "wide bf16",
    shape: WIDE,
    precision: "bf16",
    sequences: 16,
    length: 128,
    every: 2,
    n: 4,
  },
];

const RATES = {
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  clip: 1,
};

const device = Device.open();

function benchBatch({ shape, sequences, length, every }: Case): TrainingBatch {
  const token = (i: number) => (i * i * 31 + 7 * i) % shape.vocabSize;
  const rows = sequences * length / every;
  return {
    sequences: Array.from({ length: sequences }, (_, s) => ({
      tokens: Int32Array.from({ length }, (_, i) => token(s * length + i)),
      limits: new Int32Array(length).fill(length),
    })),
    rows: Array.from({ length: rows }, (_, r) => ({
      sequence: Math.floor(r * every / length),
      row: r * every % length,
      target: token(r + 5),
      hard: 1 / rows,
    })),
  };
}

/** Says what the shortest step means, and itemises one step. */
async function report(
  each: Case,
  trainer: NativeTrainer,
  best: { readonly wall: number; readonly native: number },
): Promise<string> {
  const engine = await device;
  const peaks = Array.from({ length: 5 }, () => engine.peak(each.precision));
  const peak = Math.max(...peaks);
  const config = shapeConfig(each.shape);
  const rows = each.sequences * each.length;
  const size = { rows, predictions: rows / each.every, keys: each.length };
  const flops = trainingFlops(config, size);
  const share = (flops: number, ms: number) =>
    `${(100 * flops / ms / 1e6 / peak).toFixed(0).padStart(3)} % of peak`;
  const times = new OpTimes();
  await trainer.step([benchBatch(each)], RATES, { times });
  const counted: Readonly<Record<string, number>> = trainingFlopsByOp(
    config,
    size,
  );
  const items = [...times.entries].sort(([, a], [, b]) => b.ms - a.ms);
  const total = items.reduce((sum, [, { ms }]) => sum + ms, 0);
  return [
    `  ${each.name}: ${best.wall.toFixed(0)} ms for ${rows} tokens, ${
      (1000 * rows / best.wall).toFixed(0)
    } tokens/s; ${(flops / 1e9).toFixed(1)} GFLOP, ${
      share(flops, best.native)
    } of ${peak.toFixed(0)} GFLOP/s; ${
      (100 * (1 - best.native / best.wall)).toFixed(1)
    } % outside the library`,
    `  record by record ${total.toFixed(0)} ms, floor ${
      (flops / peak / 1e6).toFixed(0)
    } ms:`,
    ...items.map(([op, { ms, records }]) => {
      const part = `    ${op.padEnd(14)} ${String(records).padStart(4)} x ${
        ms.toFixed(1).padStart(8)
      } ms ${(100 * ms / total).toFixed(1).padStart(5)} %`;
      return counted[op] === undefined
        ? part
        : `${part}, ${share(counted[op], ms)}`;
    }),
  ].join("\n");
}

const reports: string[] = [];
globalThis.addEventListener("unload", () => console.log(reports.join("\n")));

for (const each of CASES) {
  let trainer: Promise<NativeTrainer> | null = null;
  const batch = benchBatch(each);
  const best = { wall: Infinity, native: Infinity };
  let reported = false;
  Deno.bench({
    group: each.name,
    name: `${each.name}: step`,
    n: each.n,
    warmup: 1,
    fn: async (b) => {
      const ready = await (trainer ??= createTrainer(await device, {
        source: randomSource(each.shape, { sharpness: 1 }),
        precision: each.precision,
        decay: { rate: 0.1 },
      }));
      b.start();
      const start = performance.now();
      const { nativeMs } = await ready.step([batch], RATES);
      const wall = performance.now() - start;
      b.end();
      if (wall < best.wall) Object.assign(best, { wall, native: nativeMs });
    },
  });
  Deno.bench({
    group: each.name,
    name: `${each.name}: report`,
    n: 1,
    fn: async () => {
      if (reported) return;
      reported = true;
      reports.push(await report(each, await trainer!, best));
      (await trainer!).close();
    },
  });
}
