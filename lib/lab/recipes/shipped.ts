/**
 * The folder of a trained model: written when training is done, and gone on from where the state of training is gone.
 *
 * @module
 */
import { join } from "node:path";
import { writeAtomically } from "../../training/atomic.ts";
import { modelFiles } from "../../training/export.ts";
import { replaceFolder } from "../../training/model_folder.ts";
import { StateMismatchError } from "../../training/run_errors.ts";
import { writeStageWeights } from "../../training/stage_weights.ts";
import { createHash } from "node:crypto";
import { prettyJson } from "../json.ts";
import { modelCard } from "./card.ts";
import { readEvaluation } from "./evaluation.ts";
import { readModel, type RecipeSetup, type Weights } from "./setup.ts";
import { logCsv, readLog } from "./train_log.ts";

/** Contents of `training.json`: what the model has been through. */
interface TrainingRecord {
  readonly recipe: string;
  /** Digests of the complete stages. */
  readonly stages: readonly string[];
  /** Steps of the stage after them. */
  readonly steps: number;
}

/** How far the weights have come. */
export interface Reached {
  /** Complete stages. */
  readonly stages: number;
  /** Steps of the stage after them. */
  readonly steps: number;
}

const EARLIER_LOG = "shipped_log.csv";

/**
 * Writes a model's folder as a whole: checkpoint, tokenizer, card, curve and `training.json`. An `evaluation.json` of the same
 * checkpoint that lies there is kept, one of another is dropped.
 *
 * @param folder Where to.
 * @param options `weights`: of the model; `reached`: how far they have come; `state`: folder of the training state.
 */
export async function shipModel(
  folder: string,
  setup: RecipeSetup,
  { weights, reached, state }: {
    readonly weights: Weights;
    readonly reached: Reached;
    readonly state: string;
  },
): Promise<void> {
  const { config, world, recipe, identities } = setup;
  const { tokenizer, tokenizerConfig } = world;
  const files = modelFiles(weights, { config, tokenizer, tokenizerConfig });
  const digest = checkpointDigest(files);
  const log = await readLog(state, {
    stages: reached.stages + Number(reached.steps > 0),
    earlier: await textOr(join(state, EARLIER_LOG), ""),
  });
  const known = await readEvaluation(folder, digest);
  const record: TrainingRecord = {
    recipe: recipe.name,
    stages: identities.slice(0, reached.stages).map(({ digest }) => digest),
    steps: reached.steps,
  };
  const evaluation = known?.evaluation ?? null;
  files.set("training.json", prettyJson(record));
  files.set("train_log.csv", logCsv(log));
  files.set(
    "README.md",
    modelCard(setup, { ...reached, log, digest, evaluation }),
  );
  if (known) files.set("evaluation.json", known.text);
  await replaceFolder(folder, files);
}

/** The digest that `loadCheckpoint` will give. */
function checkpointDigest(
  files: ReadonlyMap<string, string | Uint8Array>,
): string {
  const whole = createHash("sha256");
  for (const name of ["config.json", "model.safetensors"]) {
    whole.update(createHash("sha256").update(files.get(name)!).digest());
  }
  return whole.digest("hex");
}

/**
 * Puts the complete stages of a shipped model into an empty state folder, so that training goes on behind them.
 *
 * @returns Stages adopted; 0 where there is no model, or none with complete stages.
 * @throws {StateMismatchError} When the model was made by another recipe or an earlier state of it.
 */
export async function adoptShipped(
  folder: string,
  setup: RecipeSetup,
  state: string,
): Promise<number> {
  const path = join(folder, "training.json");
  const text = await textOr(path, "");
  if (text === "") return 0;
  const { stages, steps } = JSON.parse(text) as TrainingRecord;
  const { identities, config } = setup;
  const foreign = stages.findIndex((digest, i) =>
    identities[i]?.digest !== digest
  );
  if (foreign >= 0) {
    throw new StateMismatchError(
      path,
      `stage ${
        foreign + 1
      } of it is none of this recipe with this data, base and trainer`,
    );
  }
  if (stages.length === 0 || steps > 0) return 0;
  const identity = identities[stages.length - 1]!;
  const { weights } = await readModel(folder, config);
  await writeAtomically(
    join(state, EARLIER_LOG),
    await textOr(join(folder, "train_log.csv"), ""),
  );
  await writeStageWeights({ folder: state, identity, config }, weights);
  return stages.length;
}

async function textOr(path: string, fallback: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return fallback;
    throw error;
  }
}
