/** A rank that dies, hangs or gives NaN is found in bounded time and named; the others go on with the same output. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { observe } from "../decoding/_exactness.ts";
import { nativeTest } from "../engine/_fixture.ts";
import { NonFiniteError } from "../model/errors.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import {
  FAULT_CASES,
  PATIENT_MS,
  PHASES,
  PROMPT,
  tinyDecoder,
  tinySource,
} from "./_fault_cases.ts";
import { Faults, strikeOnce } from "./_faults.ts";
import { comparingCaches, Devices } from "./_replicas.ts";
import { RankError } from "./errors.ts";

const SOURCE = tinySource();

/** Long enough that only what hangs takes longer, on a busy machine too. */
const HANG_MS = 1000;

for (const { protocol, place, kind, what } of FAULT_CASES) {
  // Rows are read and written at once: there a rank of this process cannot hang.
  if (kind === "hangs" && (place === "stage" || place === "write")) continue;
  nativeTest(
    `${protocol}: a rank that ${what} is named and survived`,
    async () => {
      await using devices = await Devices.open(3);
      const decoder = tinyDecoder(protocol);
      using single = await devices.single(SOURCE);
      const wanted = await observe(single, decoder, PROMPT);
      for (const rank of place === "publish" ? [0, 1, 2] : [1]) {
        for (const after of kind === "hangs" ? [1] : [0, 1]) {
          const plan = strikeOnce({ rank, place, kind }, after);
          const faults = new Faults(plan);
          await using model = await devices.parallel(SOURCE, {
            ...{ faults, protocol },
            timeoutMs: kind === "hangs" ? HANG_MS : PATIENT_MS,
          });
          const began = performance.now();
          assertEquals(
            await observe(comparingCaches(model), decoder, PROMPT),
            wanted,
          );
          faults.release();
          if (!plan.struck()) continue; // this rank never won so often
          assertEquals(model.lost.map((error) => [error.rank, error.phase]), [
            [rank, PHASES[place]],
          ]);
          assert(kind !== "hangs" || performance.now() - began > HANG_MS - 50);
        }
      }
    },
  );
}

nativeTest(
  "faults one after another: the last rank finishes alone, and its own end is told",
  async () => {
    await using devices = await Devices.open(3);
    const decoder = tinyDecoder("two-phase");
    using single = await devices.single(SOURCE);
    const wanted = await observe(single, decoder, PROMPT);
    let rounds = 0;
    const faults = new Faults((rank, place) => {
      if (place === "order" && rank === 2) rounds++;
      const dead = rank === 0 && rounds > 2 || rank === 2 && rounds > 4;
      return dead && place === "answer" ? "dies" : null;
    });
    await using model = await devices.parallel(SOURCE, { faults });
    assertEquals(await observe(model, decoder, PROMPT), wanted);
    assertEquals(model.lost.map(({ rank }) => rank), [0, 2]);
    assertEquals(await observe(model, decoder, PROMPT), wanted); // the next sequence too

    assert(wanted.trace.steps.length > 6);
    const all = new Faults((_, place) => place === "answer" ? "dies" : null);
    await using doomed = await devices.parallel(SOURCE, { faults: all });
    const error = await assertRejects(
      () => observe(doomed, decoder, PROMPT),
      RankError,
      "failed in phase answer",
    );
    assertEquals(doomed.lost.length, 3);
    assertEquals(error, doomed.lost.at(-1));
    await assertRejects(() => observe(doomed, decoder, PROMPT), RankError);
  },
);

nativeTest(
  "logits that are no numbers on every device are the model's fault, not a device's",
  async () => {
    await using devices = await Devices.open(2);
    const overflow = randomSource(SHAPES.tiny, { sharpness: 3e38 });
    await using model = await devices.parallel(overflow, { ranks: 2 });
    await assertRejects(
      () => observe(model, tinyDecoder("two-phase"), PROMPT),
      NonFiniteError,
    );
  },
);
