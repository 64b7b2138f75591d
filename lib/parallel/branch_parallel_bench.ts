/**
 * Rounds of 8 sequences (7 lookaheads and the anchor): two devices of one thread each, against one device of one thread and one of
 * two. The three take turns round by round, so that whatever else the machine does falls on all of them alike; the ratios of the
 * medians stand below Deno's table.
 *
 * `deno task bench lib/parallel/branch_parallel_bench.ts`
 *
 * @module
 */
import { Device } from "../engine/mod.ts";
import { NativeModel } from "../model/native_model.ts";
import type { ForwardRequest, ModelSession } from "../model/types.ts";
import { BranchParallelModel } from "./model.ts";
import { openRounds, roundRequest, roundSource } from "./round_load.ts";

const ROUNDS = 60, WARM_UP = 6;
const SOURCE = roundSource();

/** The set-ups that are compared, by name. */
async function setUps(): Promise<ReadonlyMap<string, ModelSession>> {
  const native = async (threads: number) =>
    await NativeModel.create(SOURCE, {
      device: await Device.open({ threads }),
    });
  const parallel = await BranchParallelModel.create(SOURCE, {
    mesh: { bp: 2, tp: 1 },
  });
  return new Map([
    ["one device, 1 thread", await openRounds(await native(1))],
    ["two devices, 1 thread each", await openRounds(parallel)],
    ["one device, 2 threads", await openRounds(await native(2))],
  ]);
}

/** A round, and one that stages a block followed by the round that commits it. */
const CASES: Readonly<Record<string, readonly ForwardRequest[]>> = {
  "a round": [roundRequest("plain")],
  "two rounds, the second commits 32 rows": [
    roundRequest("staging"),
    roundRequest("committing"),
  ],
};

const ready = setUps();

for (const [name, requests] of Object.entries(CASES)) {
  const times = new Map<string, number[]>();
  Deno.bench({
    group: "8 sequences",
    name: `8 sequences, ${name}: all set-ups in turn`,
    n: ROUNDS,
    warmup: WARM_UP,
    async fn() {
      for (const [setUp, session] of await ready) {
        const began = performance.now();
        for (const request of requests) await session.forward(request);
        const list = times.get(setUp) ?? [];
        list.push(performance.now() - began);
        times.set(setUp, list);
      }
    },
  });
  globalThis.addEventListener("unload", () => {
    if (times.size === 0) return;
    const median = (values: readonly number[]) =>
      values.slice(WARM_UP).toSorted((a, b) => a - b)[
        (values.length - WARM_UP) >> 1
      ]!;
    const [one] = [...times.values()].map(median);
    for (const [setUp, list] of times) {
      const time = median(list);
      console.log(
        `${name}, ${setUp}: ${time.toFixed(2)} ms, ${
          (one! / time).toFixed(2)
        } times the rate of one thread (medians of ${list.length - WARM_UP})`,
      );
    }
  });
}
