/**
 * `deno task train`: makes a model by its recipe.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { Device } from "../engine/mod.ts";
import { terminalProgress } from "./progress_terminal.ts";
import { UnknownRecipeError } from "./recipes/errors.ts";
import {
  distillCommand,
  paperScaleCommand,
  trajectoriesCommand,
} from "./recipes/distill/command.ts";
import { isPaperScale } from "./recipes/distill/paper.ts";
import {
  allDistillations,
  allTrajectories,
  findDistillation,
  findTrajectories,
} from "./recipes/distill/registry.ts";
import { nativeTrainer } from "./recipes/native_trainer.ts";
import { parseTrainOptions, USAGE } from "./recipes/options.ts";
import { allRecipes, findRecipe } from "./recipes/registry.ts";
import { shippingWords } from "./recipes/shipping.ts";
import { stepsBefore } from "./recipes/stage_run.ts";
import { taskWorld } from "./recipes/task_world.ts";
import { trainRecipe } from "./recipes/train.ts";

const ROOT = new URL("../../", import.meta.url);

function place(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

const encoder = new TextEncoder();

function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

/** The recipes, one on each line, with the steps after which their stages end; then adapters and their trajectories. */
export function recipeList(): string {
  const models = allRecipes().map((recipe) => {
    const ends = recipe.stages.map((_, i) => stepsBefore(recipe, i + 1));
    const { name, makes } = recipe;
    return `${name.padEnd(15)} ${makes}${shippingWords(name)}\n${
      " ".repeat(16)
    }stages end after steps ${ends.join(", ")}\n`;
  });
  const adapters = allDistillations().map(({ name, makes }) =>
    `${name.padEnd(38)} ${makes}${shippingWords(name)}\n`
  );
  const sets = allTrajectories().map(({ name, problems, teacher }) =>
    `${name.padEnd(38)} ${problems} answers of ${teacher}, for its adapters\n`
  );
  return [...models, ...adapters, ...sets].join("");
}

/** Names of everything that can be made. */
function allNames(): string[] {
  return [...allRecipes(), ...allDistillations(), ...allTrajectories()].map((
    { name },
  ) => name);
}

/** Gives a signal that the first interrupt aborts; a second one ends the program as usual. */
function stopOnInterrupt(): AbortSignal {
  const stop = new AbortController();
  const signals = ["SIGINT", "SIGTERM"] as const;
  const onInterrupt = () => {
    for (const name of signals) Deno.removeSignalListener(name, onInterrupt);
    print("\nStopping after the running step; again to end at once.\n");
    stop.abort();
  };
  for (const name of signals) Deno.addSignalListener(name, onInterrupt);
  return stop.signal;
}

/**
 * Refuses a folder that the model could not be written to, before hours are spent on it.
 *
 * @throws {TypeError} When the program lacks the permission.
 */
function checkOut(path: string): void {
  const { state } = Deno.permissions.querySync({ name: "write", path });
  if (state === "granted") return;
  throw new TypeError(
    `deno task train may write in .cache and data/models alone, and --out is ${path}: name a folder there and copy the model`,
  );
}

/** Does what the arguments of the command line ask for and gives the exit code: 0, or 130 when it was stopped. */
export async function main(args: readonly string[]): Promise<0 | 130> {
  const options = parseTrainOptions(args);
  if (options.help || options.recipe === null) {
    print(options.help ? USAGE : `${recipeList()}\n${USAGE}`);
    return 0;
  }
  if (!allNames().includes(options.recipe)) {
    throw new UnknownRecipeError(options.recipe, allNames());
  }
  if (options.out !== null) checkOut(options.out);
  const signal = stopOnInterrupt();
  await using device = await Device.open({ threads: options.threads });
  const tools = {
    models: place("data/models"),
    states: place(".cache/train"),
    progress: terminalProgress(),
    print,
    warn: console.error,
    signal,
  };
  const adapter = findDistillation(options.recipe);
  const answers = findTrajectories(options.recipe);
  if (adapter !== undefined && isPaperScale(adapter.name)) {
    await paperScaleCommand(adapter, options, { ...tools, device });
  } else if (options.model !== null || options.prompts !== null) {
    throw new TypeError(
      `${options.recipe} has its own model and prompts; leave out --model and --prompts`,
    );
  } else if (adapter !== undefined) {
    await distillCommand(adapter, options, { ...tools, device });
  } else if (answers !== undefined) {
    await trajectoriesCommand(answers, { ...tools, device });
  } else {
    await trainRecipe(findRecipe(options.recipe), options, {
      ...tools,
      world: taskWorld(),
      makeTrainer: (parts) => nativeTrainer(device, parts),
      threads: device.info.threads,
    });
  }
  return signal.aborted ? 130 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`${error.name}: ${error.message}`);
    Deno.exit(1);
  }
}
