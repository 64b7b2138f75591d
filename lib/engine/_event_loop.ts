/**
 * When a native call may run on the event loop's own thread. Waking other threads for a nonblocking call costs 0.1 to 0.3 ms on
 * a virtual machine; a blocking call costs 1 microsecond but holds up timers and other devices.
 */

/** Runs predicted to take less than this always block: a turn of the event loop takes longer. */
export const BLOCKING_MICROSECONDS = 100;

/** Longest time that blocking calls one after another may keep the event loop from turning: people do not notice less. */
export const UNNOTICED_MILLISECONDS = 50;

/** Time of the last known turn of the event loop. */
let turned = -Infinity;

/** Nonblocking calls under way, on any device of this process. */
let underWay = 0;

/** Whether a call of this predicted length may block: if it is short, or if the loop turned a moment ago and no device works. */
export function mayBlock(microseconds: number): boolean {
  if (microseconds < BLOCKING_MICROSECONDS) return true;
  return underWay === 0 &&
    performance.now() + microseconds / 1000 < turned + UNNOTICED_MILLISECONDS;
}

/** Runs a nonblocking call; its end is a turn of the event loop. */
export async function offTheLoop<Result>(
  call: () => Promise<Result>,
): Promise<Result> {
  underWay++;
  try {
    return await call();
  } finally {
    underWay--;
    turned = performance.now();
  }
}
