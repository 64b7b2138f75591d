/**
 * The headline: the fastest setting that keeps the base's accuracy, beside the fastest at any price.
 *
 * @module
 */
import { mcnemar } from "../../metrics/proportions.ts";
import type { FigureRow } from "../../figures/types.ts";
import type { ResultTable } from "../experiment.ts";
import { CLIENT_RATE, type EntryRow } from "./lopa_dist_rows.ts";
import { ANCHOR } from "./lopa_dist_settings.ts";

/** Points of accuracy that a setting may lose. */
export const POINTS_LOST = 1;

/** The best of a sweep on one task. */
export interface Headline {
  readonly model: string;
  readonly task: string;
  /** The base with one token per forward. */
  readonly anchor: EntryRow;
  /** The faster of the autoregressive rows; `null` where the twin is missing. */
  readonly autoregressive: EntryRow | null;
  /** Fastest of all. */
  readonly anyPrice: EntryRow;
  /** Fastest that loses at most a point; `null` where none does. */
  readonly kept: EntryRow | null;
}

/** Ids before the end per second of wall time, which filler after the end cannot raise. */
export function clientRate({ rates }: EntryRow): number {
  return rates[CLIENT_RATE] ?? 0;
}

function fastest(rows: readonly EntryRow[]): EntryRow | null {
  return rows.toSorted((a, b) => clientRate(b) - clientRate(a))[0] ?? null;
}

/** One per cell that has the base, and D2F or LoPA. */
export function headlines(rows: readonly EntryRow[]): Headline[] {
  const cells = [...new Set(rows.map(({ parameters }) => parameters))];
  return cells.flatMap((parameters): Headline[] => {
    const own = rows.filter((row) => row.parameters === parameters);
    const anchor = own.find(({ entry }) => entry.id === ANCHOR);
    const parallel = own.filter(({ entry }) =>
      entry.id === "D2F" || entry.system !== null
    );
    const anyPrice = fastest(parallel);
    if (anchor === undefined || anyPrice === null || anchor.score === null) {
      return [];
    }
    const least = anchor.score - POINTS_LOST / 100 - 1e-9;
    return [{
      ...{ model: parameters.model, task: parameters.task },
      ...{ anchor, anyPrice },
      autoregressive: fastest(
        own.filter(({ entry }) => entry.model === "ar-mini"),
      ),
      kept: fastest(parallel.filter(({ score }) => score! >= least)),
    }];
  });
}

function line(
  { model, task, anchor, autoregressive }: Headline,
  choice: string,
  row: EntryRow | null,
): FigureRow {
  const common = { model, task, choice, problems: anchor.problems };
  const base_score = 100 * anchor.score!;
  if (row === null) {
    return {
      ...{ ...common, setting: null, client_tps: null, tpf: null },
      ...{ score: null, base_score, difference: null },
      ...{ difference_low: null, difference_high: null },
      ...{ over_autoregressive: null, over_base: null },
    };
  }
  const paired = mcnemar(
    row.correct.map((right, i) => [right!, anchor.correct[i]!]),
  );
  return {
    ...{ ...common, setting: row.entry.id, client_tps: clientRate(row) },
    ...{ tpf: row.tpf, score: 100 * row.score!, base_score },
    difference: 100 * paired.difference,
    difference_low: 100 * paired.low,
    difference_high: 100 * paired.high,
    over_autoregressive: autoregressive === null
      ? null
      : clientRate(row) / clientRate(autoregressive),
    over_base: clientRate(row) / clientRate(anchor),
  };
}

/** Two lines per sweep. */
export function headlineTable(rows: readonly EntryRow[]): ResultTable {
  return {
    name: "lopa-dist-headline",
    rows: headlines(rows).flatMap((one) => [
      line(one, `within ${POINTS_LOST} point of the base`, one.kept),
      line(one, "at any price", one.anyPrice),
    ]),
  };
}
