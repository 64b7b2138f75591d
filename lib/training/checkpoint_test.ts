import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type ExpectedState,
  type StageCheckpoint,
} from "./checkpoint.ts";
import { CheckpointStore } from "./checkpoint_store.ts";
import {
  StateDamagedError,
  StateLockedError,
  StateMismatchError,
} from "./run_errors.ts";
import { lockState } from "./state_lock.ts";

const identity = { recipe: "r", digest: "abc", stage: 1, seed: 3 };
const expected: ExpectedState = { identity, elements: 3, average: true };

function checkpoint(step: number): StageCheckpoint {
  return {
    identity,
    state: {
      step,
      weights: Float32Array.of(1, -0, 1e-42),
      moment1: Float32Array.of(step, 2, 3),
      moment2: Float32Array.of(0.1, 0.2, 0.3),
      average: Float32Array.of(7, 8, 9),
    },
    curveBytes: 120,
    tokens: 4096,
    seconds: 1.25,
  };
}

const PATH = "state.safetensors";

Deno.test("a checkpoint comes back bit by bit", () => {
  const wanted = checkpoint(17);
  const file = encodeCheckpoint(wanted);
  assertEquals(decodeCheckpoint(file, { path: PATH, expected }), wanted);
});

Deno.test("a checkpoint with any byte flipped or missing is refused as damaged", () => {
  const file = encodeCheckpoint(checkpoint(17));
  const refused = (bytes: Uint8Array) =>
    assertThrows(
      () => decodeCheckpoint(bytes, { path: PATH, expected }),
      StateDamagedError,
      PATH,
    );
  for (let at = 0; at < file.length; at++) {
    const flipped = file.slice();
    flipped[at]! ^= 4;
    refused(flipped);
  }
  for (let length = 0; length < file.length; length += 7) {
    refused(file.slice(0, length));
  }
});

Deno.test("a checkpoint of another recipe, stage, seed or shape is refused with what differs", () => {
  const file = encodeCheckpoint(checkpoint(17));
  const cases: [Partial<ExpectedState>, string][] = [
    [{ identity: { ...identity, recipe: "s" } }, "its recipe is r, not s"],
    [{ identity: { ...identity, stage: 2 } }, "its stage is 1, not 2"],
    [{ identity: { ...identity, seed: 4 } }, "its seed is 3, not 4"],
    [{ identity: { ...identity, digest: "x" } }, "its digest is abc, not x"],
    [{ elements: 4 }, "have 3 elements, the model 4"],
    [{ average: false }, "an average of the weights"],
  ];
  for (const [other, message] of cases) {
    const error = assertThrows(
      () =>
        decodeCheckpoint(file, {
          path: PATH,
          expected: { ...expected, ...other },
        }),
      StateMismatchError,
      message,
    );
    assertStringIncludes(error.message, "--fresh");
  }
});

Deno.test("CheckpointStore keeps the newest two and goes back when the newest is damaged", async () => {
  const folder = await Deno.makeTempDir();
  const warnings: string[] = [];
  const store = new CheckpointStore(folder, (text) => warnings.push(text));
  assertEquals(await store.latest(expected), null);
  for (const step of [10, 20, 30]) await store.write(checkpoint(step));
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assertEquals(names, [
    "stage-01-step-0000020.safetensors",
    "stage-01-step-0000030.safetensors",
  ]);
  assertEquals((await store.latest(expected))?.state.step, 30);
  assertEquals(await store.newestStep(1), 30);
  assertEquals(await store.newestStep(2), 0);

  const newest = join(folder, names[1]!);
  await Deno.truncate(newest, 200);
  assertEquals((await store.latest(expected))?.state.step, 20);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!, newest);

  await Deno.writeFile(join(folder, names[0]!), new Uint8Array(300));
  const error = await assertRejects(
    () => store.latest(expected),
    StateDamagedError,
  );
  assertStringIncludes(error.message, newest);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("CheckpointStore finds nothing of a stage that has not begun", async () => {
  const folder = await Deno.makeTempDir();
  const store = new CheckpointStore(folder, () => {});
  await store.write(checkpoint(10));
  const later = { ...expected, identity: { ...identity, stage: 2 } };
  assertEquals(await store.latest(later), null);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("lockState lets one process in at a time", async () => {
  const folder = await Deno.makeTempDir();
  const locked = async () => {
    const code = `
      import { lockState } from "${
      new URL("state_lock.ts", import.meta.url).href
    }";
      await lockState(${JSON.stringify(folder)});`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", code],
    }).output();
    return success ? "" : new TextDecoder().decode(stderr);
  };
  {
    using _lock = await lockState(folder);
    const message = await locked();
    assertStringIncludes(message, StateLockedError.name);
    assertStringIncludes(message, "wait for it");
  }
  assert(await locked() === "");
  await Deno.remove(folder, { recursive: true });
});
