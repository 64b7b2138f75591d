/**
 * The protocols under every order of messages: late ones, repeated ones, losing branches, ranks without a branch, ranks that die.
 * After each round every cache and every prediction must be those of one device.
 */
import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { randomGenerator } from "./_random.ts";
import { exploreAll, exploreRandomly } from "./_protocol_explorer.ts";
import { PROTOCOL_MUTANTS, subjectOf } from "./_protocol_mutants.ts";
import { Violation } from "./_protocol_invariants.ts";
import { ProtocolError } from "./errors.ts";
import { runScript, type ScriptRound } from "./_protocol_script.ts";
import { singlePhase } from "./single_phase.ts";
import { twoPhase } from "./two_phase.ts";

/** A prompt, branches that commit a block, one branch alone, branches again. */
const SCRIPT: readonly ScriptRound[] = [
  { branches: 1, stages: true, winner: 0 },
  { branches: 4, stages: true, winner: 0 },
  { branches: 1, stages: true, winner: 2 },
  { branches: 3, stages: false, winner: 0 },
];
const CASES = [
  { protocol: twoPhase, visibility: "full" },
  { protocol: twoPhase, visibility: "block-causal" },
  { protocol: singlePhase, visibility: "block-causal" },
] as const;

for (const { protocol, visibility } of CASES) {
  for (const [ranks, repeats] of [[2, 2], [3, 1]] as const) {
    Deno.test(`${protocol.name}, ${visibility}: every order of messages among ${ranks} ranks, ${repeats} of them twice`, () => {
      const { worlds, ends } = exploreAll({
        ranks,
        repeats,
        steps: runScript(SCRIPT, visibility),
        subject: subjectOf(protocol),
      });
      assertGreater(worlds, 1000);
      assertGreater(ends, 0);
    });
  }

  Deno.test(`${protocol.name}, ${visibility}: random orders among 2 to 4 ranks, some of which die`, () => {
    let lost = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            branches: fc.integer({ min: 1, max: 6 }),
            stages: fc.boolean(),
            winner: fc.nat(5),
            splits: fc.boolean(),
            forgets: fc.boolean(),
          }),
          { minLength: 3, maxLength: 8 },
        ),
        fc.integer({ min: 2, max: 4 }),
        fc.nat(),
        (script, ranks, seed) => {
          const rounds = [SCRIPT[0]!, ...script];
          lost += exploreRandomly({
            ranks,
            repeats: 12,
            steps: runScript(rounds, visibility),
            subject: subjectOf(protocol),
          }, { random: randomGenerator(seed), losses: 2 }).losses;
        },
      ),
      { seed: 5, numRuns: 300 },
    );
    assertGreater(lost, 100, "hardly any rank died");
  });
}

for (const { name, visibility, subject, afterLoss } of PROTOCOL_MUTANTS) {
  Deno.test(`the model check finds: ${name}`, () => {
    const steps = runScript(
      [...SCRIPT, {
        branches: 4,
        stages: true,
        winner: 1,
        splits: true,
      }, {
        branches: 3,
        stages: true,
        winner: 3,
        forgets: true,
      }, { branches: 2, stages: true, winner: 1, splits: true }],
      visibility,
    );
    const random = randomGenerator(1);
    const error = assertThrows(() => {
      for (let way = 0; way < 2000; way++) {
        exploreRandomly({ ranks: 2 + way % 3, repeats: 12, steps, subject }, {
          random,
          losses: afterLoss ? 1 : 0,
        });
      }
    }, Error);
    assert(error instanceof Violation || error instanceof ProtocolError);
  });
}

Deno.test("the model check sees as many worlds as the order of messages makes", () => {
  const steps = runScript(SCRIPT.slice(0, 1), "full");
  const subject = subjectOf(singlePhase);
  // one rank: order, computed, answer, one after another
  const alone = { ranks: 1, repeats: 0, steps, subject };
  assertEquals(exploreAll(alone), { worlds: 4, ends: 1 });
  // two ranks that know nothing of each other: 4 x 4 worlds
  const pair = { ranks: 2, repeats: 0, steps, subject };
  assertEquals(exploreAll(pair), { worlds: 16, ends: 1 });
  assert(exploreAll({ ...pair, repeats: 1 }).worlds > 16);
});
