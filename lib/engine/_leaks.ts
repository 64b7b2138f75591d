/** Reports native objects that were garbage-collected without having been freed. A last resort: nothing is freed here. */

/** What is left to say about a forgotten object; must not refer to it. */
interface Owned {
  readonly label: string;
  readonly isOpen: () => boolean;
}

/** Text of the report of one forgotten object, or `null` when it went with its device. */
export function leakReport({ label, isOpen }: Owned): string | null {
  if (!isOpen()) return null;
  return `dllm-lab: a ${label} was garbage-collected without being freed. Call destroy() or close(), or declare it with \`using\``;
}

const registry = new FinalizationRegistry<Owned>((owned) => {
  const report = leakReport(owned);
  // Nobody is left to throw to.
  if (report !== null) console.warn(report);
});

/** Reports `owner` if it is collected before {@linkcode forgetOwner}. */
export function watchOwner(owner: object, owned: Owned): void {
  registry.register(owner, owned, owner);
}

/** Stops watching. */
export function forgetOwner(owner: object): void {
  registry.unregister(owner);
}
