import { assertEquals } from "@std/assert";
import {
  BLOCKING_MICROSECONDS,
  mayBlock,
  offTheLoop,
  UNNOTICED_MILLISECONDS,
} from "./_event_loop.ts";

const LONG = 1000 * UNNOTICED_MILLISECONDS;

Deno.test("mayBlock() lets short calls block, and longer ones for a moment after a turn of the loop", async () => {
  await offTheLoop(() => Promise.resolve());
  assertEquals(mayBlock(BLOCKING_MICROSECONDS - 1), true);
  assertEquals(mayBlock(BLOCKING_MICROSECONDS), true);
  assertEquals(mayBlock(LONG), false);
  await new Promise((done) => setTimeout(done, UNNOTICED_MILLISECONDS + 5));
  assertEquals(mayBlock(BLOCKING_MICROSECONDS), false);
  assertEquals(mayBlock(BLOCKING_MICROSECONDS - 1), true);
});

Deno.test("mayBlock() keeps longer calls off the loop while a device works", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = offTheLoop(() => promise);
  assertEquals(mayBlock(BLOCKING_MICROSECONDS), false);
  resolve();
  await work;
  assertEquals(mayBlock(BLOCKING_MICROSECONDS), true);
});

Deno.test("offTheLoop() ends the wait when the call fails", async () => {
  await offTheLoop(() => Promise.reject(new Error("x"))).catch(() => {});
  assertEquals(mayBlock(BLOCKING_MICROSECONDS), true);
});
