/**
 * How fast rounds of eight sequences go over the processes of a job, against the same rounds on the device of one process. The two
 * take turns round by round, so that whatever else the machine does falls on both alike.
 *
 * @module
 */
import type { NativeModel } from "../model/native_model.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type {
  DiffusionModel,
  ForwardRequest,
  ModelSession,
} from "../model/types.ts";
import { quantile } from "../metrics/quantile.ts";

const PREFIX = 64, WINDOW = 64, SEQUENCES = 8, COMMITTED = 32, WARM_UP = 6;

/** The model that is measured: seeded weights. */
export function rateSource(): TensorSource {
  return randomSource(SHAPES.small, { sharpness: 3 });
}

/** Medians over rounds that took turns. */
export interface RoundRates {
  /** Rounds measured on each side. */
  readonly rounds: number;
  /** Milliseconds of a round over all processes. */
  readonly parallelMs: number;
  /** Milliseconds of a round on one device. */
  readonly singleMs: number;
  /** How many times the rate of one device. */
  readonly ratio: number;
}

/** Measures `rounds` rounds on each; every second one carries a commit. */
export async function measureRoundRates(
  models: { readonly parallel: DiffusionModel; readonly single: NativeModel },
  { rounds }: { readonly rounds: number },
): Promise<RoundRates> {
  const parallel = await prepare(models.parallel);
  const single = await prepare(models.single);
  const times = { parallel: [] as number[], single: [] as number[] };
  for (let i = 0; i < rounds + WARM_UP; i++) {
    const request = roundRequest(i);
    for (
      const [list, session] of [
        [times.parallel, parallel],
        [times.single, single],
      ] as const
    ) {
      const began = performance.now();
      await session.forward(request);
      if (i >= WARM_UP) list.push(performance.now() - began);
    }
  }
  parallel.close();
  single.close();
  const parallelMs = quantile(times.parallel, 0.5);
  const singleMs = quantile(times.single, 0.5);
  return { rounds, parallelMs, singleMs, ratio: singleMs / parallelMs };
}

/** Windows behind a cached prefix, the last half of each predicted; even rounds stage what odd ones commit. */
function roundRequest(index: number): ForwardRequest {
  const stages = index % 2 === 0;
  return {
    cache: stages
      ? []
      : [{ kind: "commit", branch: 5, rows: COMMITTED, boundary: false }],
    cached: [{ start: 0, end: PREFIX }],
    branches: Array.from({ length: SEQUENCES }, (_, sequence) => ({
      start: PREFIX,
      tokens: Int32Array.from(
        { length: WINDOW },
        (_, i) => (i < COMMITTED ? i : i + 7 * sequence) % 500,
      ),
      predict: Int32Array.from(
        { length: WINDOW / 2 },
        (_, i) => PREFIX + WINDOW / 2 + i,
      ),
    })),
    commitRows: stages ? COMMITTED : 0,
    visibility: { kind: "full" },
    sampling: {
      temperature: 0,
      topP: null,
      topK: null,
      confidenceFrom: "filtered",
      confidenceDtype: "f32",
      entropyEpsilon: 1e-10,
      barred: [],
    },
  };
}

/** A session whose cache holds the prefix. */
async function prepare(model: DiffusionModel): Promise<ModelSession> {
  const session = model.open({ maxPositions: PREFIX + WINDOW });
  await session.forward({
    ...roundRequest(0),
    cached: [],
    branches: [{
      start: 0,
      tokens: Int32Array.from({ length: PREFIX }, (_, i) => i % 500),
      predict: new Int32Array(0),
    }],
    commitRows: PREFIX,
  });
  await session.forward({
    ...roundRequest(0),
    cache: [{ kind: "commit", branch: 0, rows: PREFIX, boundary: true }],
    commitRows: 0,
  });
  return session;
}
