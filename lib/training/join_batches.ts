/**
 * Batches put together and taken apart: the loss of the whole is the sum of the losses of its parts.
 *
 * @module
 */
import type { LossRow, TrainingBatch } from "./types.ts";

/**
 * One batch whose loss is the sum of the given batches' losses.
 *
 * @throws {TypeError} For no batches at all, and for batches with different divergences, certainty temperatures, or with and
 * without a teacher.
 */
export function joinBatches(batches: readonly TrainingBatch[]): TrainingBatch {
  const [first] = batches;
  if (first === undefined) {
    throw new TypeError("there are no batches to join; give at least 1");
  }
  const temperature = batches.find(({ certainty }) => certainty)?.certainty
    ?.temperature;
  for (const batch of batches) {
    const hasTeacher = batch.teacherLimits !== undefined;
    if (
      batch.divergence !== first.divergence ||
      hasTeacher !== (first.teacherLimits !== undefined) ||
      (batch.certainty ?? { temperature }).temperature !== temperature
    ) {
      throw new TypeError(
        "the batches differ in teacher, divergence or certainty temperature; join batches of one objective",
      );
    }
  }
  let sequences = 0;
  let groups = 0;
  const rows: LossRow[] = [];
  for (const batch of batches) {
    for (const row of batch.rows) {
      rows.push({
        ...row,
        sequence: row.sequence + sequences,
        ...(row.group === undefined ? {} : { group: row.group + groups }),
      });
    }
    sequences += batch.sequences.length;
    groups += batch.certainty?.weights.length ?? 0;
  }
  return {
    ...first,
    sequences: batches.flatMap((batch) => batch.sequences),
    rows,
    ...(first.teacherLimits === undefined
      ? {}
      : { teacherLimits: batches.flatMap((batch) => batch.teacherLimits!) }),
    ...(temperature === undefined ? {} : {
      certainty: {
        temperature,
        weights: batches.flatMap((batch) => batch.certainty?.weights ?? []),
      },
    }),
  };
}

/**
 * Micro-batches of consecutive sequences with at most `positions` positions together, or a single longer sequence. Their losses
 * sum to the batch's.
 *
 * @throws {RangeError} If `positions` is not at least 1, or a certainty group would be cut: its mean is over all of its rows.
 */
export function splitBatch(
  batch: TrainingBatch,
  { positions }: { readonly positions: number },
): TrainingBatch[] {
  if (!(positions >= 1)) {
    throw new RangeError(
      `a micro-batch of ${positions} positions holds no sequence; give at least 1`,
    );
  }
  const rowsOf = batch.sequences.map((): LossRow[] => []);
  for (const row of batch.rows) rowsOf[row.sequence]!.push(row);
  return cuts(batch, positions).map(([start, end]) =>
    slice(batch, rowsOf, [start, end])
  );
}

type Cut = readonly [start: number, end: number];

function cuts({ sequences }: TrainingBatch, positions: number): Cut[] {
  const found: Cut[] = [];
  let start = 0;
  let used = 0;
  sequences.forEach(({ tokens }, i) => {
    if (i > start && used + tokens.length > positions) {
      found.push([start, i]);
      start = i;
      used = 0;
    }
    used += tokens.length;
  });
  found.push([start, sequences.length]);
  return found;
}

function slice(
  batch: TrainingBatch,
  rowsOf: readonly (readonly LossRow[])[],
  [start, end]: Cut,
): TrainingBatch {
  const rows = rowsOf.slice(start, end).flat();
  const groups = [
    ...new Set(rows.flatMap(({ group }) => group === undefined ? [] : [group])),
  ];
  const kept = new Set(groups);
  const outside = [...rowsOf.slice(0, start), ...rowsOf.slice(end)];
  if (
    kept.size > 0 &&
    outside.some((others) =>
      others.some(({ group }) => group !== undefined && kept.has(group))
    )
  ) {
    throw new RangeError(
      `a certainty group has rows in sequences ${start} to ${
        end - 1
      } and in others, and its mean cannot be cut; raise the positions of a ` +
        'micro-batch or use the reduction "sample"',
    );
  }
  const place = new Map(groups.map((group, i) => [group, i]));
  return {
    ...batch,
    sequences: batch.sequences.slice(start, end),
    rows: rows.map((row) => ({
      ...row,
      sequence: row.sequence - start,
      ...(row.group === undefined ? {} : { group: place.get(row.group)! }),
    })),
    ...(batch.teacherLimits === undefined
      ? {}
      : { teacherLimits: batch.teacherLimits.slice(start, end) }),
    ...(batch.certainty === undefined ? {} : {
      certainty: {
        temperature: batch.certainty.temperature,
        weights: groups.map((group) => batch.certainty!.weights[group]!),
      },
    }),
  };
}
