import { assert, assertEquals, assertRejects } from "@std/assert";
import { dparallelLlada } from "../../../decoding/entropy_threshold.ts";
import { runDecode } from "../../../decoding/decode.ts";
import {
  FAKE_SPEC,
  fakeModel,
  peakedLogits,
} from "../../../decoding/_fake_model.ts";
import type { TrajectorySource } from "../../../training/trajectories.ts";
import { SILENT } from "../../progress.ts";
import { inFolder } from "../_tiny_runs.ts";
import { PromptsError } from "./errors.ts";
import {
  makeTrajectories,
  readTrajectories,
  trajectoryPath,
  trajectorySource,
  type TrajectoryTools,
} from "./trajectories.ts";
import type { TrajectoryRecipe } from "./types.ts";
import type { DistillWorld } from "./world.ts";

/** Prompts of one to three tokens; answers that begin with 3 are wrong. */
const WORLD: DistillWorld = {
  tasks: new Map(["a", "b"].map((name) => [name, {
    ...{ digest: name, maxNewTokens: 8, available: 500 },
    prompt: (_split, index) =>
      Int32Array.from({ length: 1 + index % 3 }, (_, i) => (index + i) % 7),
    right: (_split, _index, answer) => Promise.resolve(answer[0] !== 3),
  }])),
  close: () => Promise.resolve(),
};

/** Repeats its first token, then ends; a prompt that begins with 5 never ends. */
const model = fakeModel((position, { tokens }) => {
  const first = tokens[0]!;
  const ends = position >= 5 && first !== 5;
  return peakedLogits(ends ? FAKE_SPEC.eosId : first, 0.9);
});

const RECIPE: TrajectoryRecipe = {
  name: "trajectories-fake",
  teacher: "fake",
  decoder: {
    name: "dparallel-llada",
    options: { blockSize: 4, entropyThreshold: -1 },
  },
  ...{ first: 20, problems: 300, mix: { a: 0.5, b: 0.5 }, reject: true },
  passes: 8,
};

function sourceOf(recipe: TrajectoryRecipe): TrajectorySource {
  return trajectorySource(recipe, {
    ...{ model: "m", precision: "f32", world: WORLD },
  });
}

function toolsIn(
  folder: string,
  change: Partial<TrajectoryTools> = {},
): TrajectoryTools {
  const quiet = { progress: SILENT, warn: () => {} };
  return { world: WORLD, folder, ...quiet, ...change };
}

const open = () => Promise.resolve(model);

Deno.test("trajectories are the decoder's own answers; wrong and endless ones are thrown away and counted", () =>
  inFolder(async (folder) => {
    const source = sourceOf(RECIPE);
    const set = await makeTrajectories(source, open, toolsIn(folder));
    const { wrong, endless } = set.rejected;
    assertEquals(set.trajectories.length + wrong + endless, 300);
    const starts = Array.from({ length: 300 }, (_, i) => (20 + i) % 7);
    assertEquals(wrong, starts.filter((first) => first === 3).length);
    assertEquals(endless, starts.filter((first) => first === 5).length);
    const seen = new Set(set.trajectories.map(({ task }) => task));
    assertEquals([...seen].sort(), ["a", "b"]);
    for (
      const { index, prompt, answer, forwards, task } of set.trajectories.slice(
        0,
        20,
      )
    ) {
      const ids = Int32Array.from(prompt);
      assertEquals(ids, WORLD.tasks.get(task)!.prompt("train", index));
      const decoder = dparallelLlada({
        ...{ maxNewTokens: 8, blockSize: 4, entropyThreshold: -1 },
      });
      const { result } = await runDecode(model, decoder, ids);
      assertEquals([...result.ids.subarray(0, answer.length)], answer);
      assertEquals(answer.indexOf(FAKE_SPEC.eosId), answer.length - 1);
      assert(forwards >= answer.length && forwards <= 8);
    }
    const kept = await readTrajectories(trajectoryPath(folder, source));
    assertEquals(kept, set);
    const files = Array.from(Deno.readDirSync(folder));
    assertEquals(files.length, 1);
  }));

Deno.test("without rejection wrong answers stay, and the set is another one", () =>
  inFolder(async (folder) => {
    const source = sourceOf({ ...RECIPE, reject: false });
    assert(
      trajectoryPath(folder, source) !==
        trajectoryPath(folder, sourceOf(RECIPE)),
    );
    const set = await makeTrajectories(source, open, toolsIn(folder));
    assertEquals(set.rejected.wrong, 0);
    assert(set.trajectories.some(({ answer }) => answer[0] === 3));
  }));

Deno.test("a stopped making goes on behind its parts, and a damaged set is made again", () =>
  inFolder(async (folder) => {
    const source = sourceOf(RECIPE);
    let parts = 0;
    const stop = new AbortController();
    const progress = {
      update: () => void (++parts === 2 && stop.abort()),
      finish: () => {},
    };
    await assertRejects(() =>
      makeTrajectories(
        source,
        open,
        toolsIn(folder, { progress, signal: stop.signal }),
      )
    );
    const before = model.requests.length;
    const set = await makeTrajectories(source, open, toolsIn(folder));
    const rest = model.requests.length - before;
    const path = trajectoryPath(folder, source);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 9]! ^= 1;
    await Deno.writeFile(path, bytes);
    const warned: string[] = [];
    const warn = (text: string) => void warned.push(text);
    const again = await makeTrajectories(
      source,
      open,
      toolsIn(folder, { warn }),
    );
    assertEquals(again, set);
    assert(warned[0]!.includes("Making it again"));
    assert(model.requests.length - before - rest > rest);
  }));

Deno.test("too few prompts, unknown tasks and nothing to learn from are named", () =>
  inFolder(async (folder) => {
    const make = (change: Partial<TrajectoryRecipe>, world = WORLD) =>
      makeTrajectories(
        sourceOf({ ...RECIPE, ...change }),
        open,
        toolsIn(folder, { world }),
      );
    await assertRejects(
      () => make({ first: 490 }),
      PromptsError,
      "has 500 prompts",
    );
    await assertRejects(
      async () => await make({ mix: { c: 1 } }),
      PromptsError,
      'no task "c"',
    );
    const strict: DistillWorld = {
      ...WORLD,
      tasks: new Map(
        [...WORLD.tasks].map(([name, task]) => [name, {
          ...task,
          right: () => Promise.resolve(false),
        }]),
      ),
    };
    await assertRejects(
      () => make({ problems: 20 }, strict),
      PromptsError,
      "nothing is left",
    );
  }));
