/**
 * A micro-batch as parameter words: how many fit a capacity, where each table stands, and how it is filled.
 *
 * @module
 */
import {
  type AttentionSegment,
  LOSS_WORDS,
  ParameterLayout,
  ParameterTable,
  type RowCopy,
} from "../engine/mod.ts";
import type { NetworkWords } from "./record_network.ts";
import type { TrainingBatch } from "./types.ts";

/** Sizes that a plan's buffers and tables are laid out for. */
export interface BatchCapacity {
  /** Rows of all sequences. */
  readonly rows: number;
  /** Sequences. */
  readonly segments: number;
  /** Rows that carry a loss. */
  readonly lossRows: number;
  /** Certainty groups. */
  readonly groups: number;
  /** Positions of the longest sequence. */
  readonly positions: number;
}

/** Capacity before the first batch. */
export const NO_CAPACITY: BatchCapacity = {
  rows: 0,
  segments: 0,
  lossRows: 0,
  groups: 0,
  positions: 0,
};

/** The capacity itself where it suffices for a batch, else one whose short sizes go up to the next 2^n or 1.5 * 2^n. */
export function grownCapacity(
  capacity: BatchCapacity,
  batch: TrainingBatch,
): BatchCapacity {
  const lengths = batch.sequences.map(({ tokens }) => tokens.length);
  const needed: BatchCapacity = {
    rows: lengths.reduce((sum, length) => sum + length, 0),
    segments: lengths.length,
    lossRows: batch.rows.length,
    groups: Math.max(1, batch.certainty?.weights.length ?? 0),
    positions: Math.max(...lengths),
  };
  const grow = (size: keyof BatchCapacity) =>
    Math.max(capacity[size], bucket(needed[size]));
  const sizes = Object.keys(needed) as (keyof BatchCapacity)[];
  if (sizes.every((size) => needed[size] <= capacity[size])) return capacity;
  return {
    rows: grow("rows"),
    segments: grow("segments"),
    lossRows: grow("lossRows"),
    groups: grow("groups"),
    positions: grow("positions"),
  };
}

function bucket(size: number): number {
  let power = 1;
  while (power < size) power *= 2;
  return power >= 4 && 0.75 * power >= size ? 0.75 * power : power;
}

/** Word indices of a micro-batch's tables, and the layout that knows their total. */
export interface BatchPlaces extends NetworkWords {
  readonly layout: ParameterLayout;
  /** What the teacher sees, one per row. */
  readonly teacherLimitsAt: number;
  readonly groupsAt: number;
}

/** Lays out the tables for a capacity. */
export function batchPlaces(capacity: BatchCapacity): BatchPlaces {
  const layout = new ParameterLayout();
  const { rows, segments, lossRows, groups } = capacity;
  return {
    layout,
    rows: { rowsAt: layout.reserve(), maxRows: rows },
    tokensAt: layout.reserve(rows),
    positionsAt: layout.reserve(rows),
    limitsAt: layout.reserve(rows),
    teacherLimitsAt: layout.reserve(rows),
    segmentsAt: layout.reserveSegments(segments),
    maxSegments: segments,
    lossRows: {
      rowsAt: layout.reserve(1 + lossRows * LOSS_WORDS),
      maxRows: lossRows,
    },
    copiesAt: layout.reserveCopies(lossRows),
    indicesAt: layout.reserve(lossRows),
    groupsAt: layout.reserve(1 + groups),
  };
}

/** Parameter words for one micro-batch after another. */
export class BatchWords {
  readonly #places: BatchPlaces;
  readonly #table: ParameterTable;
  readonly #floats: Float32Array;

  /** Zeros. */
  constructor(places: BatchPlaces) {
    this.#places = places;
    this.#table = new ParameterTable(places.layout);
    this.#floats = new Float32Array(this.#table.words.buffer);
  }

  /** The words of a batch that has been checked and fits; valid until the next call. */
  fill(batch: TrainingBatch): Int32Array<ArrayBuffer> {
    const table = this.#table;
    const places = this.#places;
    const starts: number[] = [];
    const segments: AttentionSegment[] = [];
    let row = 0;
    batch.sequences.forEach(({ tokens, positions, limits }, s) => {
      const rows = tokens.length;
      starts.push(row);
      table.setAll(places.tokensAt + row, tokens);
      table.setAll(places.limitsAt + row, limits);
      table.setAll(
        places.teacherLimitsAt + row,
        batch.teacherLimits?.[s] ?? limits,
      );
      table.setAll(
        places.positionsAt + row,
        positions ?? tokens.map((_, r) => r),
      );
      segments.push({
        row,
        rows,
        ranges: [{ source: "fresh", position: 0, count: rows, row }],
      });
      row += rows;
    });
    table.set(places.rows.rowsAt, row);
    table.setSegments(places.segmentsAt, segments);
    const chosen = batch.rows.map((each) => starts[each.sequence]! + each.row);
    table.setAll(places.indicesAt, chosen);
    table.setCopies(places.copiesAt, runs(chosen));
    this.#setLosses(batch);
    return table.words;
  }

  #setLosses({ rows, certainty }: TrainingBatch): void {
    const floats = this.#floats;
    const { words } = this.#table;
    const { lossRows, groupsAt } = this.#places;
    words[lossRows.rowsAt] = rows.length;
    let at = lossRows.rowsAt + 1;
    for (const { target, hard, soft = 0, group = -1 } of rows) {
      words[at] = target;
      floats[at + 1] = hard;
      floats[at + 2] = soft;
      words[at + 3] = group;
      at += LOSS_WORDS;
    }
    const weights = certainty?.weights ?? [];
    words[groupsAt] = weights.length;
    floats.set(weights, groupsAt + 1);
  }
}

/** Copies of the rows at `indices` to rows 0, 1, ...; neighbours go together. */
function runs(indices: readonly number[]): RowCopy[] {
  const copies: { from: number; to: number; rows: number }[] = [];
  indices.forEach((from, to) => {
    const last = copies.at(-1);
    if (last !== undefined && last.from + last.rows === from) last.rows++;
    else copies.push({ from, to, rows: 1 });
  });
  return copies;
}
