/**
 * How a native call of the event loop's thread is made. Waking other threads for a nonblocking call costs 0.1 to 0.8 ms on a
 * virtual machine, a turn of the loop 0.1 ms, a blocking call 1 microsecond; but a blocking call holds up timers and other devices.
 */
import { setImmediate } from "node:timers";

/** Runs predicted to take less than this always block: a turn of the event loop takes longer. */
export const BLOCKING_MICROSECONDS = 100;

/** Longest time that blocking calls one after another may keep the event loop from turning: people do not notice less. */
export const UNNOTICED_MILLISECONDS = 100;

/** How a call is made; `turn-first`: blocking, once the loop has turned. */
export type CallWay = "blocking" | "turn-first" | "nonblocking";

/** Time of the last known turn of the event loop. */
let turned = -Infinity;

/** Nonblocking calls under way, on any device of this process. */
let underWay = 0;

/** Device of the last call that was not short. */
let lastDevice = 0n;

/**
 * How a call of this predicted length is to be made. Devices that take turns never block, so that they work at the same time.
 *
 * @param device Handle of the device that is called.
 * @param concurrent Whether the caller has other work for the event loop meanwhile.
 */
export function callWay(
  device: bigint,
  microseconds: number,
  concurrent = false,
): CallWay {
  if (microseconds < BLOCKING_MICROSECONDS) return "blocking";
  if (concurrent) return "nonblocking";
  const alone = device === lastDevice && underWay === 0;
  lastDevice = device;
  const milliseconds = microseconds / 1000;
  if (!alone || milliseconds > UNNOTICED_MILLISECONDS) return "nonblocking";
  const unturned = performance.now() - turned;
  return unturned + milliseconds < UNNOTICED_MILLISECONDS
    ? "blocking"
    : "turn-first";
}

/** Lets timers, messages and input through. */
export async function turnLoop(): Promise<void> {
  await new Promise<void>((turn) => setImmediate(turn));
  turned = performance.now();
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
