/**
 * Decoding with random faults for many rounds: no wrong token, and all memory given back. 200 rounds; 2,000 with
 * `DLLM_LAB_MODE=full`.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { observe } from "../decoding/_exactness.ts";
import { nativeTest } from "../engine/_fixture.ts";
import { tinyDecoder, tinySource } from "./_fault_cases.ts";
import { type FaultKind, Faults } from "./_faults.ts";
import { randomGenerator } from "./_random.ts";
import { comparingCaches, Devices } from "./_replicas.ts";

const ROUNDS = Deno.env.get("DLLM_LAB_MODE") === "full" ? 2000 : 200;
const RANKS = 3;
const SOURCE = tinySource();

/** Long enough that only what hangs takes longer, on a busy machine too. */
const TIMEOUT_MS = 2000;

nativeTest(
  `soak: ${ROUNDS} rounds with random faults, no wrong token, no memory lost`,
  async () => {
    await using devices = await Devices.open(RANKS);
    const random = randomGenerator(7);
    using single = await devices.single(SOURCE);
    let rounds = 0, faultsSurvived = 0, hangs = 0;
    single.open().close(); // its rotary table stays
    const before = devices.bytes;
    while (rounds < ROUNDS) {
      const protocol = random() < 0.5 ? "two-phase" : "single-phase";
      const decoder = tinyDecoder(protocol, {
        lookaheads: 1 + Math.floor(random() * 5),
      });
      const prompt = Int32Array.from(
        { length: 2 + Math.floor(random() * 8) },
        () => Math.floor(random() * 90),
      );
      let left = RANKS - 1; // one rank stays
      const faults = new Faults((): FaultKind | null => {
        if (left === 0 || random() > 0.01) return null;
        left--;
        const draw = random();
        if (draw < 0.05) hangs++;
        return draw < 0.05 ? "hangs" : draw < 0.3 ? "nan" : "dies";
      });
      const model = await devices.parallel(SOURCE, {
        ...{ faults, protocol, timeoutMs: TIMEOUT_MS },
      });
      const wanted = await observe(single, decoder, prompt);
      assertEquals(
        await observe(comparingCaches(model), decoder, prompt),
        wanted,
      );
      rounds += wanted.trace.steps.length;
      faultsSurvived += model.lost.length;
      faults.release();
      await settled();
      model.close();
      await settled();
      assertEquals(devices.bytes, before);
    }
    assertGreater(faultsSurvived, ROUNDS / 40);
    if (ROUNDS >= 2000) assertGreater(hangs, 0);
  },
);

/** What was let go has come to its end. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
