/**
 * Host gaps of branch parallelism against the size of the model: how long neither of two devices works between the rounds of a
 * LoPA decode (7 lookaheads). What the host does is the same for every model, so its share falls as rounds grow longer.
 *
 * `deno task bench lib/lab/experiments/host_gap_bench.ts`
 *
 * @module
 */
import { runDecode } from "../../decoding/decode.ts";
import { lopa } from "../../decoding/lopa.ts";
import { quantile } from "../../metrics/quantile.ts";
import {
  type NetworkShape,
  randomSource,
  SHAPES,
} from "../../model/random_model.ts";
import { phasesOf, RoundClock } from "./lopa_dist_clock.ts";
import { branchParallel, layOut } from "./lopa_dist_layouts.ts";

const WIDER: NetworkShape = {
  ...SHAPES.small,
  ...{ hiddenSize: 384, layers: 12, heads: 12, kvHeads: 12, mlpSize: 1024 },
};

const MODELS: Readonly<Record<string, NetworkShape>> = {
  "192 x 6": SHAPES.small,
  "384 x 12": WIDER,
};

/** Decodes of each model; the first one warms up. */
const DECODES = 4;

const PROMPT = Int32Array.from({ length: 48 }, (_, i) => i);

for (const [name, shape] of Object.entries(MODELS)) {
  const shares: number[] = [];
  const rounds: number[] = [];
  let decodes = 0;
  const clock = new RoundClock();
  const laidOut = layOut(
    randomSource(shape, { sharpness: 3 }),
    branchParallel(2, "two-phase"),
    { dtype: "bf16", onPhase: clock.onPhase },
  );
  Deno.bench({
    group: "host gap",
    name: `a decode of ${name}`,
    n: DECODES - 1,
    warmup: 1,
    async fn() {
      const { model } = await laidOut;
      clock.reset();
      const decoder = lopa({
        lookaheads: 7,
        blockSize: 16,
        maxNewTokens: 32,
      });
      await runDecode(clock.model(model), clock.decoder(decoder), PROMPT);
      if (decodes++ === 0) return;
      // The first round holds the prompt, the last one ends with the decode.
      const inner = phasesOf(clock.rounds, clock.changes).slice(1, -1);
      for (const [i, { gap }] of inner.entries()) {
        const { submitted } = clock.rounds[i + 1]!;
        const ms = clock.rounds[i + 2]!.submitted - submitted;
        shares.push(100 * gap / ms);
        rounds.push(ms);
      }
    },
  });
  globalThis.addEventListener("unload", () => {
    if (rounds.length === 0) return;
    console.log(
      `${name}: rounds of ${quantile(rounds, 0.5).toFixed(1)} ms, host gap ${
        quantile(shares, 0.5).toFixed(1)
      }% (medians of ${rounds.length})`,
    );
  });
}
