/** Every order in which messages can come, or many random ones. Used by tests only. */
import { keyOf, Violation } from "./_protocol_invariants.ts";
import type { ScriptStep } from "./_protocol_script.ts";
import {
  deliver,
  isDone,
  loseRank,
  startWorld,
  type Subject,
  type World,
} from "./_protocol_world.ts";

/** A world to be explored. */
export interface Exploration {
  readonly ranks: number;
  readonly steps: readonly ScriptStep[];
  readonly subject: Subject;
  /** Messages that may come twice. */
  readonly repeats: number;
}

/**
 * Tries every order of messages.
 *
 * @returns How many different worlds there are, and how many of them are ends.
 * @throws {Violation} At the first broken invariant, or a world in which nothing can happen before the end.
 */
export function exploreAll(
  { ranks, steps, subject, repeats }: Exploration,
): { readonly worlds: number; readonly ends: number } {
  const seen = new Set<string>();
  const open = [{ world: startWorld(ranks, steps, subject), repeats }];
  let ends = 0;
  while (open.length > 0) {
    const { world, repeats } = open.pop()!;
    const key = `${repeats} ${keyOf(world)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (isDone(world, steps)) {
      ends++;
      continue;
    }
    if (world.network.length === 0) throw new Violation("nothing goes on");
    for (let index = 0; index < world.network.length; index++) {
      for (const keep of repeats > 0 ? [false, true] : [false]) {
        open.push({
          world: deliver(world, index, { keep, steps, subject }),
          repeats: repeats - (keep ? 1 : 0),
        });
      }
    }
  }
  return { worlds: seen.size, ends };
}

/**
 * Takes one random way, on which a rank may die.
 *
 * @param losses Ranks that die, at random moments.
 * @throws {Violation} At the first broken invariant, or when nothing goes on before the end.
 */
export function exploreRandomly(
  { ranks, steps, subject, repeats }: Exploration,
  { random, losses = 0 }: {
    readonly random: () => number;
    readonly losses?: number;
  },
): { readonly deliveries: number; readonly losses: number } {
  let world: World = startWorld(ranks, steps, subject);
  let left = repeats, toLose = losses, deliveries = 0;
  while (!isDone(world, steps)) {
    if (world.network.length === 0) throw new Violation("nothing goes on");
    if (toLose > 0 && world.ranks.length > 1 && random() < 0.04) {
      toLose--;
      world = loseRank(world, steps, subject);
      continue;
    }
    const index = Math.floor(random() * world.network.length);
    const keep = left > 0 && random() < 0.3;
    if (keep) left--;
    world = deliver(world, index, { keep, steps, subject });
    deliveries++;
  }
  return { deliveries, losses: losses - toLose };
}
