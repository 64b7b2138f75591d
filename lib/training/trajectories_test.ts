import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { StateDamagedError } from "./run_errors.ts";
import {
  decodeTrajectories,
  encodeTrajectories,
  epochOrder,
  stepExamples,
  trajectoriesDigest,
  type TrajectorySet,
} from "./trajectories.ts";

const SET: TrajectorySet = {
  source: {
    model: "m",
    decoder: { name: "dparallel-llada", options: { blockSize: 16 } },
    tasks: { up: "1" },
    first: 7,
    problems: 9,
    mix: { up: 1 },
    reject: true,
    precision: "bf16",
  },
  rejected: { wrong: 3, endless: 1 },
  trajectories: Array.from({ length: 5 }, (_, i) => ({
    ...{ task: "up", index: 7 + i, forwards: 4 },
    ...{ prompt: [1, 2, i], answer: [i, 9] },
  })),
};

Deno.test("trajectories come back as they were written, token by token", () => {
  const bytes = encodeTrajectories(SET);
  assertEquals(decodeTrajectories(bytes, "set"), SET);
  assertEquals(encodeTrajectories(SET), bytes);
  const [digest] = gunzipSync(bytes).toString().split("\n");
  assertEquals(digest, trajectoriesDigest(SET));
  const other = { ...SET, trajectories: SET.trajectories.slice(1) };
  assertNotEquals(trajectoriesDigest(other), digest);
});

Deno.test("a set with a byte changed or missing is refused by name", () => {
  const bytes = encodeTrajectories(SET);
  for (const at of [12, bytes.length >> 1, bytes.length - 9]) {
    const damaged = bytes.slice();
    damaged[at]! ^= 4;
    assertThrows(
      () => decodeTrajectories(damaged, "set.gz"),
      StateDamagedError,
      "set.gz",
    );
  }
  assertThrows(
    () => decodeTrajectories(bytes.slice(0, -20), "set.gz"),
    StateDamagedError,
  );
});

Deno.test("every epoch goes through all trajectories once, in an order of its own", () => {
  const order = (epoch: number) =>
    epochOrder(5, (i) => ((i + 1) * (epoch + 2) * 7919) % 101 / 101);
  const seen: number[] = [];
  for (let step = 1; step <= 5; step++) {
    const examples = stepExamples(SET.trajectories, {
      ...{ step, order, problems: 2 },
    });
    seen.push(...examples.map(({ prompt }) => prompt[2]!));
  }
  const [first, second] = [seen.slice(0, 5), seen.slice(5)];
  assertEquals(first.toSorted(), [0, 1, 2, 3, 4]);
  assertEquals(second.toSorted(), [0, 1, 2, 3, 4]);
  assertNotEquals(first, second);
});
