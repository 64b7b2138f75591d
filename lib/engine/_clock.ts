/** The library's clock on that of `performance.now()`. Internal to the engine. */
import type { EngineSymbols } from "./symbols.ts";

const TRIES = 8;

/** Milliseconds between the two clocks, by library; both are steady, so that they stay apart as far. */
const offsets = new WeakMap<EngineSymbols, number>();

/** A reading of the library's clock as `performance.now()` would have given it, to a few microseconds. */
export function hostTime(symbols: EngineSymbols, milliseconds: number): number {
  const known = offsets.get(symbols);
  const offset = known ?? offsetOf(symbols);
  if (known === undefined) offsets.set(symbols, offset);
  return milliseconds + offset;
}

/** From the reading that was made in the shortest time. */
function offsetOf(symbols: EngineSymbols): number {
  let best = { took: Infinity, offset: 0 };
  for (let i = 0; i < TRIES; i++) {
    const before = performance.now();
    const native = Number(symbols.dllm_clock()) / 1e6;
    const after = performance.now();
    const took = after - before;
    if (took < best.took) {
      best = { took, offset: (before + after) / 2 - native };
    }
  }
  return best.offset;
}
