/**
 * What a batch must hold to before anything is computed.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { BatchError } from "./errors.ts";
import type { LossRow, TrainingBatch, TrainingSequence } from "./types.ts";

/** What a batch is checked against. */
export interface BatchContext {
  readonly config: ModelConfig;
  /** Whether there is a teacher. */
  readonly teacher: boolean;
  /** Index of the micro-batch, for messages. */
  readonly index: number;
}

/**
 * Checks one micro-batch.
 *
 * @throws {BatchError} Naming the micro-batch and the field.
 */
export function checkBatch(batch: TrainingBatch, context: BatchContext): void {
  const fail = (field: string, message: string): never => {
    throw new BatchError(context.index, field, message);
  };
  if (batch.sequences.length === 0) fail("sequences", "is empty; give one");
  if (batch.rows.length === 0) {
    fail("rows", "is empty; a loss needs a row, so leave the batch out");
  }
  batch.sequences.forEach((sequence, s) => {
    const at = `sequences[${s}]`;
    checkTokens(
      sequence.tokens,
      context.config,
      (field, message) => fail(`${at}.${field}`, message),
    );
    checkLimits(
      sequence.limits,
      sequence.tokens.length,
      (field, message) => fail(`${at}.limits${field}`, message),
    );
    checkPositions(
      sequence,
      (field, message) => fail(`${at}.positions${field}`, message),
    );
  });
  checkTeacher(batch, context, fail);
  checkCertainty(batch, fail);
  batch.rows.forEach((row, r) =>
    checkRow(
      row,
      batch,
      context,
      (field, message) => fail(`rows[${r}].${field}`, message),
    )
  );
}

type Fail = (field: string, message: string) => never;

function checkTokens(
  tokens: Int32Array,
  config: ModelConfig,
  fail: Fail,
): void {
  const { vocabSize, maxPositions } = config;
  if (tokens.length === 0 || tokens.length > maxPositions) {
    fail(
      "tokens",
      `holds ${tokens.length} tokens; the model takes 1 to ${maxPositions}`,
    );
  }
  const bad = tokens.findIndex((token) => token < 0 || token >= vocabSize);
  if (bad >= 0) {
    fail(`tokens[${bad}]`, `is ${tokens[bad]}; ids are 0 to ${vocabSize - 1}`);
  }
}

function checkLimits(limits: Int32Array, length: number, fail: Fail): void {
  if (limits.length !== length) {
    fail(
      "",
      `has ${limits.length} entries; one for each of ${length} tokens is wanted`,
    );
  }
  const bad = limits.findIndex((limit) => limit < 1 || limit > length);
  if (bad >= 0) {
    fail(
      `[${bad}]`,
      `is ${limits[bad]}; a row sees 1 to ${length} positions of its sequence`,
    );
  }
}

function checkPositions(
  { tokens: { length }, positions }: TrainingSequence,
  fail: Fail,
): void {
  if (positions === undefined) return;
  if (positions.length !== length) {
    fail(
      "",
      `has ${positions.length} entries; one for each of ${length} tokens is wanted`,
    );
  }
  const bad = positions.findIndex((at) => at < 0 || at >= length);
  if (bad >= 0) {
    fail(
      `[${bad}]`,
      `is ${positions[bad]}; positions are 0 to ${length - 1}`,
    );
  }
}

function checkTeacher(
  batch: TrainingBatch,
  { teacher }: BatchContext,
  fail: Fail,
): void {
  const { sequences, teacherLimits } = batch;
  if (usesTeacher(batch)) {
    if (!teacher) {
      fail(
        "rows",
        "have soft weights, but the trainer has no teacher: create it with one",
      );
    }
    if (teacherLimits === undefined) {
      fail(
        "teacherLimits",
        "is absent, but rows have soft weights: say what the teacher sees",
      );
    }
  }
  if (teacherLimits === undefined) return;
  if (teacherLimits.length !== sequences.length) {
    fail(
      "teacherLimits",
      `has ${teacherLimits.length} entries; one for each of ${sequences.length} sequences is wanted`,
    );
  }
  teacherLimits.forEach((limits, s) =>
    checkLimits(
      limits,
      sequences[s]!.tokens.length,
      (field, message) => fail(`teacherLimits[${s}]${field}`, message),
    )
  );
}

function checkCertainty({ certainty }: TrainingBatch, fail: Fail): void {
  if (certainty === undefined) return;
  const { temperature, weights } = certainty;
  if (!(temperature > 0 && temperature < Infinity)) {
    fail(
      "certainty.temperature",
      `is ${temperature}; a positive number is wanted`,
    );
  }
  const bad = weights.findIndex((weight) => !Number.isFinite(weight));
  if (bad >= 0) {
    fail(
      `certainty.weights[${bad}]`,
      `is ${weights[bad]}; a finite number is wanted`,
    );
  }
}

function checkRow(
  row: LossRow,
  { sequences, certainty }: TrainingBatch,
  { config }: BatchContext,
  fail: Fail,
): void {
  const within = (field: keyof LossRow, value: number, size: number) => {
    if (Number.isInteger(value) && value >= 0 && value < size) return;
    fail(field, `is ${value}; an integer from 0 to ${size - 1} is wanted`);
  };
  within("sequence", row.sequence, sequences.length);
  within("row", row.row, sequences[row.sequence]!.tokens.length);
  within("target", row.target, config.vocabSize);
  for (const field of ["hard", "soft"] as const) {
    const weight = row[field] ?? 0;
    if (!Number.isFinite(weight)) {
      fail(field, `is ${weight}; a finite number is wanted`);
    }
  }
  if (row.group === undefined) return;
  const groups = certainty?.weights.length ?? 0;
  if (groups === 0) {
    fail("group", `is ${row.group}, but the batch has no certainty groups`);
  }
  within("group", row.group, groups);
}

/** Whether any row has a soft weight. */
export function usesTeacher(batch: TrainingBatch): boolean {
  return batch.rows.some(({ soft = 0 }) => soft !== 0);
}
