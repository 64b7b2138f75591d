/** What the benches of the engine share: a device, its measured ceilings, and a summary that states shares of them. */
import type { DeviceBuffer } from "./buffer.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";

/** Device of all benches of one module, with as many threads as the first argument behind `--` says; lives until the process ends. */
export const device: Device = await Device.open({
  threads: Number(Deno.args[0] ?? 0),
});

type Precision = "f32" | "bf16";

const PRECISIONS: readonly Precision[] = ["f32", "bf16"];

/** Ceilings in 1e9 operations per second: the highest of many short measurements between the runs of the benches. */
const peak = { f32: 0, bf16: 0 };

function measurePeak(dtype: Precision, seconds: number): void {
  peak[dtype] = Math.max(peak[dtype], device.peak(dtype, { seconds }));
}

/** Runs of a bench between two measurements of the ceiling. */
const RUNS_PER_PEAK = 8;

/** A bench of one plan. */
export interface PlanBench {
  readonly group: string;
  readonly name: string;
  /** One bench of each group. */
  readonly baseline?: boolean;
  readonly params: Int32Array;
  readonly record: (encoder: CommandEncoder) => void;
  /** Operations of one run, held against the ceiling of `dtype`. */
  readonly operations: number;
  readonly dtype: Precision;
  /** Rows of one run, where the time of a row is of interest. */
  readonly rows?: number;
}

interface Measured extends PlanBench {
  readonly buffer: DeviceBuffer;
  bestMs: number;
  runs: number;
}

const measured: Measured[] = [];

/** Registers a bench; its line of the summary gives the best native time and the share of the ceiling. */
export function planBench(bench: PlanBench): void {
  const { group, name, baseline = false } = bench;
  const buffer = device.buffer(bench.params.byteLength);
  const entry: Measured = { ...bench, buffer, bestMs: Infinity, runs: 0 };
  measured.push(entry);
  const encoder = new CommandEncoder({ params: buffer });
  bench.record(encoder);
  const plan = device.plan(encoder.finish());
  const out = new Uint8Array(0);
  Deno.bench({
    group,
    name,
    baseline,
    async fn(context) {
      if (entry.runs++ % RUNS_PER_PEAK === 0) measurePeak(bench.dtype, 0.02);
      context.start();
      const run = await plan.run(bench.params, out, { blocking: true });
      context.end();
      entry.bestMs = Math.min(entry.bestMs, run.nativeMs);
    },
  });
}

globalThis.addEventListener("unload", () => {
  const rows = measured.filter(({ bestMs }) => bestMs < Infinity);
  if (rows.length === 0) return;
  for (const dtype of PRECISIONS) measurePeak(dtype, 0.2);
  const { isa, threads } = device.info;
  console.log(
    `\n${isa}, ${threads} threads; measured peak ${
      peak.f32.toFixed(0)
    } GFLOP/s in f32, ${peak.bf16.toFixed(0)} in bf16`,
  );
  for (const { group, name, bestMs, operations, dtype, ...bench } of rows) {
    const rate = operations / bestMs / 1e6;
    const share = 100 * rate / peak[dtype];
    console.log(
      `${group}  ${name.padEnd(26)} ${bestMs.toFixed(3).padStart(9)} ms ${
        rate.toFixed(1).padStart(7)
      } GFLOP/s ${share.toFixed(0).padStart(4)} % of peak${
        bench.rows === undefined
          ? ""
          : `${(bestMs * 1e6 / bench.rows).toFixed(0).padStart(7)} ns a row`
      }`,
    );
  }
});
