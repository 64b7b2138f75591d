/**
 * How fast rounds of eight sequences go over the processes of a job, against the same rounds on the device of one process. The two
 * take turns every few rounds, so that whatever else the machine does falls on both alike, while rounds follow each other as in a
 * decode.
 *
 * @module
 */
import type { NativeModel } from "../model/native_model.ts";
import type { DiffusionModel } from "../model/types.ts";
import { openRounds, roundRequest } from "../parallel/round_load.ts";
import { quantile } from "../metrics/quantile.ts";

const WARM_UP = 6;

/** Rounds of a turn; even, so that it begins with one that stages rows. */
const TURN = 6;

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
  const parallel = await openRounds(models.parallel);
  const single = await openRounds(models.single);
  const times = { parallel: [] as number[], single: [] as number[] };
  for (let done = 0; done < rounds + WARM_UP; done += TURN) {
    for (
      const [list, session] of [
        [times.parallel, parallel],
        [times.single, single],
      ] as const
    ) {
      for (let i = 0; i < TURN; i++) {
        const request = roundRequest(i % 2 === 0 ? "staging" : "committing");
        const began = performance.now();
        await session.forward(request);
        if (done + i >= WARM_UP) list.push(performance.now() - began);
      }
    }
  }
  parallel.close();
  single.close();
  const parallelMs = quantile(times.parallel, 0.5);
  const singleMs = quantile(times.single, 0.5);
  return { rounds, parallelMs, singleMs, ratio: singleMs / parallelMs };
}
