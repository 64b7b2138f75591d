/**
 * One claim per table row and digitised curve of both papers, generated from the files under `data/paper`.
 *
 * @module
 */
import { loadPaperTable, type PaperSource } from "../paper.ts";
import { PAPER_ITEMS, type PaperItem } from "../paper_schema.ts";
import { missingFor } from "./paper_missing.ts";
import { slug } from "./slug.ts";
import {
  type AnyRow,
  describe,
  isResult,
  listed,
  values,
} from "./paper_values.ts";
import type { Claim, TrendShape } from "./types.ts";

/** Items that state settings instead of results, with the columns that name a row. */
const SETTINGS: Partial<Record<PaperItem, readonly string[]>> = {
  lopa_table5: ["model", "benchmark"],
  lopa_table6: ["setting", "system", "precision"],
  dparallel_table5: ["model", "schedule"],
};

/** A figure whose curves are claims as a whole. */
interface CurveItem {
  /** Columns that name a curve. */
  readonly named: readonly string[];
  /** Column along the curve. */
  readonly x: string;
  /** Shape of the first result along it, where the paper claims one. */
  readonly shape?: TrendShape;
}

const CURVES: Partial<Record<PaperItem, CurveItem>> = {
  lopa_fig4: { named: ["benchmark", "series"], x: "branches", shape: "rising" },
  lopa_fig5: { named: ["benchmark", "series"], x: "step" },
  dparallel_fig4: {
    named: ["model", "benchmark", "method"],
    x: "speedup",
    shape: "falling",
  },
};

/** A row with its 1-based number among the data rows of its file. */
interface Numbered {
  readonly row: AnyRow;
  readonly line: number;
}

function rowClaim(
  id: PaperItem,
  source: PaperSource,
  rows: readonly Numbered[],
): Claim {
  const { row } = rows[0]!;
  const settings = SETTINGS[id];
  const named = settings ??
    source.columns.map(({ name }) => name)
      .filter((name) => !isResult(name) && name !== "bar");
  const found = values(
    source,
    row,
    settings ? (name) => !settings.includes(name) : isResult,
  );
  const subject = describe(row, named);
  return {
    ...common(id, source, rows),
    id: slug(`${id} ${subject}`),
    statement: `${subject}: ${listed(found)}`,
    kind: settings ? "exact" : "relative",
    values: found.map((value) => settings ? { ...value, tolerance: 0 } : value),
  };
}

function curveClaim(
  id: PaperItem,
  source: PaperSource,
  rows: readonly Numbered[],
): Claim {
  const { named, x, shape } = CURVES[id]!;
  const subject = describe(rows[0]!.row, named);
  if (rows.length === 1) {
    const found = values(source, rows[0]!.row, isResult);
    return {
      ...common(id, source, rows),
      id: slug(`${id} ${subject}`),
      statement: `${subject}: ${listed(found)}`,
      kind: "relative",
      values: found,
    };
  }
  const ends = [rows[0]!, rows.at(-1)!].map(({ row }) => ({
    at: `${x} ${row[x]}`,
    found: values(source, row, (name) => isResult(name) && name !== x),
  }));
  return {
    ...common(id, source, rows),
    id: slug(`${id} ${subject}`),
    statement: `${subject}: ${
      ends.map(({ at, found }) => `${listed(found)} at ${at}`).join(", to ")
    } (${rows.length} points)`,
    kind: "trend",
    values: ends.flatMap(({ at, found }) =>
      found.map((value) => ({ ...value, name: `${value.name} at ${at}` }))
    ),
    ...(shape === undefined ? {} : { shape }),
  };
}

function common(id: PaperItem, source: PaperSource, rows: readonly Numbered[]) {
  return {
    scope: "paper" as const,
    paper: source.paper,
    item: source.item,
    source: {
      file: `${id}.csv`,
      rows: [rows[0]!.line, rows.at(-1)!.line] as const,
    },
    missing: missingFor(id, rows[0]!.row),
  };
}

/** Every claim of both papers, in the order of the files. Needs read permission for `data/paper`. */
export async function paperClaims(): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (const id of PAPER_ITEMS) {
    const { source, rows } = await loadPaperTable(id);
    const numbered = rows.map((row, i) => ({
      row: row as AnyRow,
      line: i + 1,
    }));
    const curve = CURVES[id];
    if (curve === undefined) {
      claims.push(...numbered.map((row) => rowClaim(id, source, [row])));
      continue;
    }
    const curves = Map.groupBy(
      numbered,
      ({ row }) => describe(row, curve.named),
    );
    claims.push(
      ...curves.values().map((points) => curveClaim(id, source, points)),
    );
  }
  return claims;
}
