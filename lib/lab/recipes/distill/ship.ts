/**
 * The folder of an adapter.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  adapterFiles,
  type AdapterTensors,
} from "../../../training/adapter_files.ts";
import { replaceFolder } from "../../../training/model_folder.ts";
import { prettyJson } from "../../json.ts";
import { readEvaluation } from "../evaluation.ts";
import { logCsv, readLog } from "../train_log.ts";
import { adapterCard, type AdapterFacts } from "./card.ts";
import type { DevPoint } from "./selection.ts";
import type { DistillSetup } from "./setup.ts";

/** Contents of an adapter's `training.json`. */
export interface AdapterRecord {
  readonly recipe: string;
  /** Name of the model that is adapted. */
  readonly base: string;
  /** Digest of its checkpoint: the adapter fits no other. */
  readonly baseDigest: string;
  /** SHA-256 of the trajectories. */
  readonly trajectories: string;
  /** Steps done, and of the recipe. */
  readonly steps: number;
  readonly wanted: number;
  /** Step whose adapter is kept. */
  readonly kept: number;
  /** Passes and right answers of the base (step 0) and of every adapter on the development problems. */
  readonly points: readonly DevPoint[];
}

/**
 * Writes an adapter's folder as a whole: PEFT files, card, curve, `training.json`. An `evaluation.json` of the same weights that
 * lies there is kept. Throws what `adapterFiles` and `replaceFolder` throw.
 */
export async function shipAdapter(
  folder: string,
  setup: DistillSetup,
  { tensors, kept, state, ...facts }:
    & Omit<AdapterFacts, "digest" | "evaluation">
    & {
      readonly tensors: AdapterTensors;
      /** Step that they are of. */
      readonly kept: number;
      /** Folder of the training state. */
      readonly state: string;
    },
): Promise<void> {
  const { recipe, base, config, adapter } = setup;
  const files = adapterFiles(tensors, {
    ...{ config, settings: adapter, base: recipe.base },
  });
  const digest = mergedDigest(base.digest, files);
  const known = await readEvaluation(folder, digest);
  const record: AdapterRecord = {
    ...{ recipe: recipe.name, base: recipe.base, baseDigest: base.digest },
    trajectories: facts.trajectories,
    ...{ steps: facts.steps, wanted: facts.wanted, kept },
    points: facts.points,
  };
  const log = await readLog(state, { stages: 1, earlier: "" });
  files.set("training.json", prettyJson(record));
  files.set("train_log.csv", logCsv(log));
  files.set(
    "README.md",
    adapterCard(setup, {
      ...facts,
      digest,
      evaluation: known?.evaluation ?? null,
    }),
  );
  if (known) files.set("evaluation.json", known.text);
  await replaceFolder(folder, files);
}

/** The digest that `mergeAdapter` will give. */
function mergedDigest(
  base: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): string {
  const adapter = createHash("sha256");
  for (const name of ["adapter_config.json", "adapter_model.safetensors"]) {
    adapter.update(createHash("sha256").update(files.get(name)!).digest());
  }
  return createHash("sha256").update(base).update(adapter.digest("hex"))
    .digest("hex");
}

/** Reads an adapter's `training.json`; `null` where there is none. Needs read permission. */
export async function readAdapterRecord(
  folder: string,
): Promise<AdapterRecord | null> {
  try {
    return JSON.parse(await Deno.readTextFile(join(folder, "training.json")));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
