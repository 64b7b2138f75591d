import { assert, assertEquals, assertGreater } from "@std/assert";
import { runDecode } from "../decoding/decode.ts";
import { lopa } from "../decoding/lopa.ts";
import { nativeTest } from "../engine/_fixture.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { Devices } from "./_replicas.ts";
import type { PhaseChange } from "./phase_clock.ts";

const CASES = [
  ["two-phase", "full"],
  ["single-phase", "block-causal"],
] as const;

for (const [protocol, visibility] of CASES) {
  nativeTest(
    `${protocol}: every rank tells its phases in order, once per round, and times never run back`,
    async () => {
      await using devices = await Devices.open(2);
      const changes: PhaseChange[] = [];
      await using model = await devices.parallel(randomSource(SHAPES.tiny), {
        ...{ ranks: 2, protocol },
        onPhase: (change) => changes.push(change),
      });
      const decoder = lopa({
        ...{ maxNewTokens: 32, blockSize: 8, lookaheads: 3, visibility },
      });
      const { steps } = await runDecode(
        model,
        decoder,
        Int32Array.of(1, 2, 3, 4),
      );
      assertGreater(steps.length, 5);
      for (const rank of [0, 1]) {
        const own = changes.filter((change) => change.rank === rank);
        const rounds = own.map(({ phase }) => phase).join(" ").split(" order");
        const last = rounds.pop();
        assertEquals(last, "");
        assertEquals(rounds.length, steps.length);
        const known = ["commit pre-write answer", "commit answer"];
        for (const round of rounds) assert(known.includes(round.trim()), round);
        assert(rounds.some((round) => round.includes("pre-write")));
        const times = own.map(({ at }) => at);
        assertEquals(times, times.toSorted((a, b) => a - b));
      }
    },
  );
}
