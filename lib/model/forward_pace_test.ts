import { assertEquals } from "@std/assert";
import { ForwardPace } from "./forward_pace.ts";

Deno.test("ForwardPace scales the last plan that ran to the rows of another", () => {
  const pace = new ForwardPace();
  assertEquals(pace.predict(64), Infinity);
  pace.learn(32, Infinity);
  assertEquals(pace.predict(64), Infinity);
  pace.learn(32, 400);
  assertEquals(pace.predict(64), 800);
  pace.learn(64, Infinity);
  assertEquals(pace.predict(16), 200);
  pace.learn(64, 64);
  assertEquals(pace.predict(16), 16);
});
