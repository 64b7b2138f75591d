/**
 * The `case.json` of a training oracle, read key by key: a key or value that this kit does not compute by is refused.
 *
 * @module
 */
import type { GoldenTraining } from "../../training/golden_batch.ts";
import type { StepRates } from "../../training/types.ts";

/** Numbers of one recorded step by name. */
export type RecordedTerms = Readonly<Record<string, number>>;

/** Adapters of a case. */
export interface RecordedLora {
  readonly r: number;
  readonly alpha: number;
  readonly scaling: number;
  readonly requested_target_modules: readonly string[];
  readonly matched: readonly string[];
}

/** A case as it lies on disk. */
export interface TrainingCase extends GoldenTraining {
  readonly checkpoint: string;
  readonly mask_token_id: number;
  readonly seq_len: number;
  readonly batch: number;
  readonly teacher?: string;
  readonly answer_lengths?: readonly number[];
  readonly lora?: RecordedLora;
  readonly optimizer: RecordedOptimizer;
  readonly steps: readonly RecordedTerms[];
  /** Terms after the last update; the key says after how many. */
  readonly lossAfter: RecordedTerms;
  /** Shape of every array file; other text for files of all tensors. */
  readonly files: Readonly<Record<string, readonly number[] | string>>;
}

interface RecordedOptimizer {
  readonly name: string;
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly lr_schedule: string;
  readonly max_grad_norm: number | null;
}

/** Keys of a case; `true` where every case must have it. */
const KEYS: Readonly<Record<string, boolean>> = {
  checkpoint: true,
  reference: true,
  mask_token_id: true,
  logit_shift: true,
  seq_len: true,
  batch: true,
  input_ids: true,
  prompt_lengths: true,
  noisy_batch: true,
  masked_indices: true,
  optimizer: true,
  steps: true,
  files: true,
  noisy_batch_rev: false,
  masked_indices_rev: false,
  p_mask: false,
  p_mask_per_row: false,
  answer_lengths: false,
  block_size: false,
  self_align: false,
  student_attention: false,
  teacher: false,
  entropy_weight: false,
  certainty_temperature: false,
  lora: false,
};

const OPTIMIZER_KEYS = [
  "name",
  "lr",
  "betas",
  "eps",
  "weight_decay",
  "lr_schedule",
  "max_grad_norm",
];

const LORA_KEYS = [
  "r",
  "alpha",
  "scaling",
  "dropout",
  "requested_target_modules",
  "matched",
];

/** Values that say nothing more: how each is to be read is settled elsewhere. */
const ONLY: Readonly<Record<string, readonly unknown[]>> = {
  student_attention: [undefined, "full", "block-causal"],
  teacher: [
    undefined,
    "data tokens",
    "same model with LoRA off, full attention, soft targets",
  ],
};

/**
 * Checks a parsed `case.json`.
 *
 * @throws {TypeError} Naming the key that is unknown, missing or has a value not computed here.
 */
export function readTrainingCase(
  json: Readonly<Record<string, unknown>>,
): TrainingCase {
  const after = Object.keys(json).filter((key) =>
    /^loss_after_\d+_steps$/.test(key)
  );
  const known = [...Object.keys(KEYS), ...after];
  const required = Object.keys(KEYS).filter((key) => KEYS[key]);
  checkKeys(json, { where: "the case", known, required });
  for (const [key, values] of Object.entries(ONLY)) {
    want(json, key, values);
  }
  const raw = json as unknown as TrainingCase;
  checkKeys(raw.optimizer, {
    where: "optimizer",
    known: OPTIMIZER_KEYS,
    required: OPTIMIZER_KEYS,
  });
  want(raw.optimizer, "lr_schedule", ["constant"]);
  if (!raw.optimizer.name.startsWith("AdamW ")) {
    throw new TypeError(`optimizer "${raw.optimizer.name}", wanted AdamW`);
  }
  if (raw.lora !== undefined) {
    const where = { where: "lora", known: LORA_KEYS, required: LORA_KEYS };
    checkKeys(raw.lora, where);
    want(raw.lora, "dropout", [0]);
  }
  const last = `loss_after_${raw.steps.length}_steps`;
  if (after.length !== 1 || after[0] !== last) {
    throw new TypeError(`the case has ${after}, wanted ${last}`);
  }
  checkSizes(raw);
  return { ...raw, lossAfter: json[last] as RecordedTerms };
}

/** Rates of every step. */
export function recordedRates({ optimizer }: TrainingCase): StepRates {
  const { lr, betas, eps, max_grad_norm } = optimizer;
  return {
    learningRate: lr,
    beta1: betas[0],
    beta2: betas[1],
    epsilon: eps,
    clip: max_grad_norm ?? 0,
  };
}

function checkKeys(
  json: object,
  { where, known, required }: {
    readonly where: string;
    readonly known: readonly string[];
    readonly required: readonly string[];
  },
): void {
  const unknown = Object.keys(json).filter((key) => !known.includes(key));
  const missing = required.filter((key) => !Object.hasOwn(json, key));
  if (unknown.length === 0 && missing.length === 0) return;
  throw new TypeError(
    `${where} has unknown keys [${unknown}] and lacks [${missing}]; known are ${
      known.join(", ")
    }`,
  );
}

function want(json: object, key: string, values: readonly unknown[]): void {
  const value = (json as Readonly<Record<string, unknown>>)[key];
  if (values.includes(value)) return;
  throw new TypeError(
    `${key} is ${JSON.stringify(value)}, wanted one of ${
      JSON.stringify(values)
    }`,
  );
}

/** Every list has an entry per sequence, and every row of one `seq_len` entries. */
function checkSizes(each: TrainingCase): void {
  const lists: Readonly<Record<string, readonly unknown[] | undefined>> = {
    input_ids: each.input_ids,
    prompt_lengths: each.prompt_lengths,
    noisy_batch: each.noisy_batch,
    noisy_batch_rev: each.noisy_batch_rev,
    masked_indices: each.masked_indices,
    masked_indices_rev: each.masked_indices_rev,
    p_mask: each.p_mask,
    p_mask_per_row: each.p_mask_per_row,
    answer_lengths: each.answer_lengths,
  };
  for (const [name, list] of Object.entries(lists)) {
    if (list === undefined) continue;
    const wrongRow = list.find((row) =>
      Array.isArray(row) && row.length !== each.seq_len
    );
    if (list.length !== each.batch || wrongRow !== undefined) {
      throw new TypeError(
        `${name} is not ${each.batch} sequences of ${each.seq_len} positions`,
      );
    }
  }
}
