/**
 * One claim per table row and digitised curve of both papers, generated from the files under `data/paper`.
 *
 * @module
 */
import { loadPaperTable, type PaperSource } from "../paper.ts";
import { PAPER_ITEMS, type PaperItem } from "../paper_schema.ts";
import { missingFor } from "./paper_missing.ts";
import { slug } from "./slug.ts";
import type { Claim, ClaimValue, Shape } from "./types.ts";

/** Columns that hold results, as they read in a sentence; other columns say what the result is of. */
const RESULTS: Readonly<Record<string, string>> = {
  tpf: "TPF",
  score: "score",
  accuracy: "accuracy",
  mean_tokens: "mean",
  steps: "steps",
  speedup: "speed-up",
  avg_tps: "average throughput",
  max_tps: "maximum throughput",
  top10_tps: "top-10 throughput",
  latency_s: "latency",
};

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
  readonly shape?: Shape;
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

/** Questions per benchmark, for the 95% half-width of a score. */
const QUESTIONS: readonly [RegExp, number][] = [
  [/^GSM8K/, 1319],
  [/^MATH/, 5000],
  [/^HumanEval/, 164],
  [/^MBPP\+/, 378],
  [/^MBPP/, 500],
];

/** Share by which two measurements of speed or of steps may differ. */
const SPEED_SHARE = 0.05;

type AnyRow = Readonly<Record<string, string | number | boolean | null>>;

/** A row with its 1-based number among the data rows of its file. */
interface Numbered {
  readonly row: AnyRow;
  readonly line: number;
}

/** 95% binomial half-width of a score in percent, as a share of it; GSM8K where the row names no benchmark. */
function scoreShare(score: number, benchmark: string): number {
  const [, n] = QUESTIONS.find(([name]) => name.test(benchmark)) ??
    [null, 1319];
  const p = score / 100;
  return 1.96 * Math.sqrt((1 - p) / (p * n));
}

function values(
  source: PaperSource,
  row: AnyRow,
  wanted: (column: string) => boolean,
): ClaimValue[] {
  return source.columns.flatMap(({ name, unit }) => {
    const value = row[name];
    if (!wanted(name) || typeof value !== "number") return [];
    const score = name === "score" || name === "accuracy";
    const share = score
      ? scoreShare(value, String(row.benchmark ?? "GSM8K"))
      : SPEED_SHARE;
    const tolerance = Number(share.toPrecision(3));
    return [{ name, value, tolerance, unit: unit ?? "" }];
  });
}

function describe(row: AnyRow, columns: readonly string[]): string {
  return columns.map((name) => {
    const value = row[name];
    if (typeof value === "boolean") {
      return `${value ? "with" : "without"} ${name.replaceAll("_", " ")}`;
    }
    if (name === "mask_ratio") return `mask ratio ${value}`;
    return name === "shots" ? `${value}-shot` : String(value);
  }).join(", ");
}

function quantity(value: number, unit: string): string {
  return `${value}${/^(%|x|)$/.test(unit) ? unit : ` ${unit}`}`;
}

function listed(found: readonly ClaimValue[]): string {
  return found.map(({ name, value, unit }) =>
    `${RESULTS[name] ?? name.replaceAll("_", " ")} ${quantity(value, unit)}`
  ).join(", ");
}

const isResult = (column: string) => column in RESULTS;

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
