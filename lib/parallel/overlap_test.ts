/** What is done with a step is done while the devices compute the next round. */
import { assert } from "@std/assert";
import { decode } from "../decoding/decode.ts";
import { lopa } from "../decoding/lopa.ts";
import { library, nativeTest } from "../engine/_fixture.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { BranchParallelModel } from "./model.ts";

/** Keeps this thread busy, as a detokeniser does. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

nativeTest(
  "decode: over two devices steps are handed on while ranks compute",
  async () => {
    const phases = new Map<number, string>();
    await using model = await BranchParallelModel.create(
      randomSource(SHAPES.small, { sharpness: 3 }),
      {
        mesh: { bp: 2, tp: 1 },
        device: { library: library!, threads: 1 },
        onPhase: ({ rank, phase }) => phases.set(rank, phase),
      },
    );
    const decoder = lopa({ lookaheads: 3, blockSize: 16, maxNewTokens: 16 });
    const prompt = Int32Array.from({ length: 24 }, (_, i) => i);
    let idle = 0, steps = 0;
    for await (const _ of decode(model, decoder, prompt)) {
      busy(2);
      steps++;
      if ([...phases.values()].every((phase) => phase === "order")) idle++;
    }
    assert(steps > 3);
    // The last step, and those that a busy machine handed on late.
    assert(idle >= 1 && idle <= 1 + steps / 4, `${idle} of ${steps}`);
  },
);
