import { assertEquals } from "@std/assert";
import {
  BLOCKING_MICROSECONDS,
  callWay,
  offTheLoop,
  turnLoop,
  UNNOTICED_MILLISECONDS,
} from "./_event_loop.ts";

const LONG = 1000 * UNNOTICED_MILLISECONDS;

/** One device alone, right after a turn of the loop. */
async function freshLoop(device: bigint): Promise<void> {
  await turnLoop();
  callWay(device, BLOCKING_MICROSECONDS);
}

Deno.test("callWay() lets short calls block, and longer ones as long as the loop turned a moment ago", async () => {
  await freshLoop(1n);
  assertEquals(callWay(1n, BLOCKING_MICROSECONDS - 1), "blocking");
  assertEquals(callWay(1n, BLOCKING_MICROSECONDS), "blocking");
  assertEquals(callWay(1n, LONG + 1), "nonblocking");
  await new Promise((done) => setTimeout(done, UNNOTICED_MILLISECONDS + 5));
  assertEquals(callWay(1n, BLOCKING_MICROSECONDS), "turn-first");
  assertEquals(callWay(1n, BLOCKING_MICROSECONDS - 1), "blocking");
});

Deno.test("callWay() keeps longer calls off the loop while a device works", async () => {
  await freshLoop(1n);
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = offTheLoop(() => promise);
  assertEquals(callWay(1n, BLOCKING_MICROSECONDS), "nonblocking");
  resolve();
  await work;
  assertEquals(callWay(1n, BLOCKING_MICROSECONDS), "blocking");
});

Deno.test("callWay() never lets devices that take turns hold each other up", async () => {
  await freshLoop(1n);
  for (const device of [2n, 1n, 2n]) {
    assertEquals(callWay(device, BLOCKING_MICROSECONDS), "nonblocking");
  }
  assertEquals(callWay(2n, BLOCKING_MICROSECONDS), "blocking");
});

Deno.test("offTheLoop() ends the wait when the call fails", async () => {
  await freshLoop(1n);
  await offTheLoop(() => Promise.reject(new Error("x"))).catch(() => {});
  assertEquals(callWay(1n, BLOCKING_MICROSECONDS), "blocking");
});

Deno.test("turnLoop() lets timers through", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const end = performance.now() + 60;
  while (performance.now() < end) await turnLoop();
  clearInterval(timer);
  assertEquals(ticks > 5, true);
});
