import { assert, assertEquals, assertRejects } from "@std/assert";
import { RoundDeadline } from "./deadline.ts";

const wait = (milliseconds: number) =>
  new Promise<void>((wake) => setTimeout(wake, milliseconds));

Deno.test("RoundDeadline: a round that ends in time is not late, whatever follows", async () => {
  const deadline = new RoundDeadline();
  let late = 0;
  for (let round = 0; round < 8; round++) {
    deadline.begin(400, () => new Error("late")).catch(() => late++);
    await wait(60);
    deadline.end();
  }
  await wait(450);
  assertEquals(late, 0);
  deadline.close();
});

Deno.test("RoundDeadline: a late round is so after its own limit, in whatever round the timer began", async () => {
  const deadline = new RoundDeadline();
  deadline.begin(400, () => new Error("first"));
  await wait(25);
  deadline.end();
  const began = performance.now();
  await assertRejects(
    () => deadline.begin(40, () => new Error("second")),
    Error,
    "second",
  );
  assert(performance.now() - began >= 39);
  await assertRejects(
    () => deadline.begin(1, () => new Error("third")),
    Error,
    "third",
  );
  deadline.close();
  deadline.close();
});
