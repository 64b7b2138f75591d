/**
 * Forwards of models with random weights: 1, 2, 8 and 15 sequences over a cached prefix of 64 positions, in one pass and
 * branch by branch. After each group of Deno's table stands what the times mean: packed over branch-by-branch time, share of
 * the measured arithmetic peak, and share of the time spent outside the native library.
 *
 * `deno bench --allow-ffi --allow-read --allow-env lib/model/forward_bench.ts`; the group `half` needs 3 GB of memory and
 * minutes, and is left out by `--filter /tiny|small/`.
 *
 * @module
 */
import { Device } from "../engine/mod.ts";
import { forwardFlops } from "./forward_cost.ts";
import { NativeModel } from "./native_model.ts";
import {
  type NetworkShape,
  randomSource,
  shapeConfig,
  SHAPES,
} from "./random_model.ts";
import { loadRound, openLoad, type RoundLoad } from "./round_load.ts";
import type { ForwardRequest, ModelSession } from "./types.ts";

/** One model and the windows it is given. */
interface Case {
  readonly name: string;
  readonly shape: NetworkShape;
  readonly dtype: "f32" | "bf16";
  /** Positions of a window, and how many of its last ones are predicted. */
  readonly window: number;
  readonly predictions: number;
  /** Runs of each bench; Deno's choice where absent. */
  readonly n?: number;
}

/** Shortest times of a bench, in milliseconds. */
interface Times {
  readonly wall: number;
  readonly native: number;
}

const PREFIX = 64;
const SEQUENCES = [1, 2, 8, 15];
const CASES: readonly Case[] = [
  {
    name: "tiny f32",
    shape: SHAPES.tiny,
    dtype: "f32",
    window: 64,
    predictions: 32,
  },
  {
    name: "tiny bf16",
    shape: SHAPES.tiny,
    dtype: "bf16",
    window: 64,
    predictions: 32,
  },
  {
    name: "small f32",
    shape: SHAPES.small,
    dtype: "f32",
    window: 64,
    predictions: 32,
  },
  {
    name: "small bf16",
    shape: SHAPES.small,
    dtype: "bf16",
    window: 64,
    predictions: 32,
  },
  {
    name: "half bf16",
    shape: SHAPES.half,
    dtype: "bf16",
    window: 32,
    predictions: 8,
    n: 1,
  },
];

const device = Device.open();

/** What a case asks of so many sequences. */
function loadOf(
  { window, predictions }: Case,
  sequences: number,
): RoundLoad {
  return { prefix: PREFIX, window, predictions, sequences };
}

/** A session whose cache holds the prefix. */
async function prepare(each: Case): Promise<ModelSession> {
  const source = randomSource(each.shape, { type: "BF16" });
  const model = await NativeModel.create(source, {
    dtype: each.dtype,
    device: await device,
  });
  return await openLoad(model, loadOf(each, 1));
}

/** Runs rounds one after another. */
async function time(
  session: ModelSession,
  rounds: readonly ForwardRequest[],
): Promise<Times> {
  const start = performance.now();
  let native = 0;
  for (const request of rounds) {
    native += (await session.forward(request)).nativeMs ?? 0;
  }
  return { wall: performance.now() - start, native };
}

/** What the shortest times mean, a line per number of sequences. */
async function report(
  each: Case,
  best: ReadonlyMap<string, Times>,
): Promise<string> {
  const engine = await device;
  const peak = Math.max(
    ...Array.from({ length: 3 }, () => engine.peak(each.dtype)),
  );
  return SEQUENCES.flatMap((sequences) => {
    const packed = best.get(`${sequences} packed`);
    const single = best.get(`${sequences} branch by branch`);
    if (!packed) return [];
    const flops = forwardFlops(shapeConfig(each.shape), {
      rows: each.window * sequences,
      predictions: each.predictions * sequences,
      keys: PREFIX + each.window,
    });
    const rate = flops / packed.native / 1e6;
    return [
      [
        `  ${each.name}, ${sequences} sequences: ${packed.wall.toFixed(2)} ms`,
        ...(single
          ? [`${(packed.wall / single.wall).toFixed(2)} of branch by branch`]
          : []),
        `${rate.toFixed(1)} GFLOP/s, ${
          (100 * rate / peak).toFixed(0)
        }% of the peak of ${peak.toFixed(1)}`,
        `${
          (100 * (1 - packed.native / packed.wall)).toFixed(1)
        }% outside the library`,
      ].join("; "),
    ];
  }).join("\n");
}

function benchCase(each: Case): void {
  const best = new Map<string, Times>();
  let session: Promise<ModelSession> | null = null;
  let reported = false;
  const runs = each.n === undefined ? {} : { n: each.n };
  const add = (name: string, rounds: readonly ForwardRequest[]) =>
    Deno.bench({
      group: each.name,
      name: `${each.name}: ${name}`,
      ...runs,
      fn: async (b) => {
        const ready = await (session ??= prepare(each));
        b.start();
        const times = await time(ready, rounds);
        b.end();
        if (times.wall < (best.get(name)?.wall ?? Infinity)) {
          best.set(name, times);
        }
      },
    });
  for (const sequences of SEQUENCES) {
    const round = loadRound(loadOf(each, sequences));
    add(`${sequences} packed`, [round]);
    if (sequences > 1) {
      add(
        `${sequences} branch by branch`,
        round.branches.map((branch) => ({ ...round, branches: [branch] })),
      );
    }
  }
  Deno.bench({
    group: each.name,
    name: `${each.name}: report`,
    n: 1,
    fn: async () => {
      if (reported) return;
      reported = true;
      console.log(await report(each, best));
    },
  });
}

CASES.forEach(benchCase);
