import { assertEquals, assertRejects } from "@std/assert";
import { COORDINATOR } from "./communicator.ts";
import { GroupAbortedError } from "./errors.ts";
import { InProcessGroup } from "./in_process.ts";

/** Runs the same program on every rank of a new group. */
function onRanks<T>(
  size: number,
  program: (
    communicator: ReturnType<InProcessGroup["communicator"]>,
  ) => Promise<T>,
): Promise<T[]> {
  const group = new InProcessGroup(size);
  return Promise.all(
    Array.from(
      { length: size },
      (_, rank) => program(group.communicator(rank)),
    ),
  );
}

Deno.test("broadcast: the root's numbers reach all, roots in turn", async () => {
  const got = await onRanks(3, async (communicator) => {
    const seen: number[] = [];
    for (const root of [2, 0, 1]) {
      const own = communicator.rank === root ? [10 * root, 1] : [0, 0];
      const values = Float32Array.from(own);
      await communicator.broadcast(root, values);
      seen.push(...values);
    }
    return seen;
  });
  assertEquals(got, Array(3).fill([20, 1, 0, 1, 10, 1]));
});

Deno.test("broadcast: what the root does with its numbers afterwards changes nothing", async () => {
  const group = new InProcessGroup(2);
  const root = group.communicator(0), other = group.communicator(1);
  const values = Float32Array.of(5);
  await root.broadcast(0, values);
  values[0] = 6;
  const received = new Float32Array(1);
  await other.broadcast(0, received);
  assertEquals([...received], [5]);
});

Deno.test("allReduce: sums in rank order, the same bits everywhere", async () => {
  const parts = [1e8, 1, -1e8];
  const got = await onRanks(3, async (communicator) => {
    const values = Float32Array.of(parts[communicator.rank]!, 1);
    await communicator.allReduce(values);
    return [...values];
  });
  const inOrder = Math.fround(Math.fround(1e8 + 1) - 1e8);
  assertEquals(got, Array(3).fill([inOrder, 3]));
});

Deno.test("allGather: lengths may differ", async () => {
  const got = await onRanks(
    3,
    async ({ rank, allGather }) =>
      (await allGather(new Float64Array(rank).fill(rank))).map((v) => [...v]),
  );
  assertEquals(got, Array(3).fill([[], [1], [2, 2]]));
});

Deno.test("send and receive: in order, before or after the receive began", async () => {
  const group = new InProcessGroup(1);
  const coordinator = group.communicator(COORDINATOR);
  const rank = group.communicator(0);
  const early = rank.receive();
  for (const kind of ["a", "b", "c"]) await coordinator.send(0, { kind });
  assertEquals([await early, await rank.receive(), await rank.receive()], [
    { kind: "a" },
    { kind: "b" },
    { kind: "c" },
  ]);
});

Deno.test("abort: what is pending and what begins later rejects, with the cause", async () => {
  const group = new InProcessGroup(2);
  const [rank, other] = [group.communicator(0), group.communicator(1)];
  const pending = [
    rank.receive(),
    rank.broadcast(1, new Float32Array(1)),
    rank.allReduce(new Float32Array(1)),
  ];
  group.abort("rank 1 is gone");
  for (const promise of pending) {
    const error = await assertRejects(() => promise, GroupAbortedError);
    assertEquals(error.cause, "rank 1 is gone");
  }
  await assertRejects(() => other.receive(), GroupAbortedError);
  await assertRejects(
    () => other.send(0, { kind: "late" }),
    GroupAbortedError,
  );
});
