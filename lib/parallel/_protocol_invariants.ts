/** What must hold after every round, and when two worlds are the same. Used by tests only. */
import type { ScriptStep } from "./_protocol_script.ts";
import type { World } from "./_protocol_world.ts";

/** A violated invariant, in words. */
export class Violation extends Error {}

/** The invariants: all caches are those of one device, and so are the predictions. */
export function checkRound(world: World, step: ScriptStep): void {
  const wanted = JSON.stringify(step.cache);
  for (const [rank, { replica }] of world.ranks.entries()) {
    const { cache, boundary } = replica;
    const got = JSON.stringify({ cache, boundary });
    if (got !== wanted) {
      throw new Violation(
        `round ${world.round}: rank ${rank} holds ${got}, one device ${wanted}`,
      );
    }
  }
  const taken = world.ranks.map(() => 0);
  const predictions = world.order.map((rank) =>
    world.answers[rank]?.[taken[rank]!++] ?? null
  );
  const got = JSON.stringify(predictions);
  const one = JSON.stringify(step.predictions);
  if (got !== one) {
    throw new Violation(`round ${world.round}: ${got} predicted, not ${one}`);
  }
}

/** A world as text; worlds of equal text behave alike. */
export function keyOf({ ranks, network, gather, step }: World): string {
  const machines = ranks.map(({ machine, replica, rows, predictions }) => {
    const { round, phase, arrived } = machine;
    return [round, phase, arrived.toSorted(), replica, rows, predictions];
  });
  const messages = network.map(({ to, event, rows }) => {
    const { kind } = event;
    const round = kind === "order" ? event.order.round : event.round;
    return JSON.stringify([
      to,
      kind,
      round,
      "index" in event && event.index,
      rows,
      "rank" in event && [event.rank, event.predictions],
    ]);
  });
  return JSON.stringify([machines, messages.sort(), gather, step]);
}
