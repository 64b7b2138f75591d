/**
 * The wordings of answer lines, written and read by the same templates: `{R}` is the name or pronoun, `{x}` and `{y}` the
 * operands, `{z}` the result, `{o}` the things.
 *
 * @module
 */
import type { Weighted } from "./draw.ts";
import type { Operator } from "./gsm_chain.ts";

/**
 * How a line is worded. Wordings differ in length, in the order of operands and in what must agree. None states a result before
 * its operands: written in order of confidence, such a line asks for the calculation before there is room to do it.
 */
export type Wording =
  | "equation"
  | "subject"
  | "things"
  | "sentence"
  | "words"
  | "verb";

/** How often each wording is drawn: uneven, so that a greedy reader has a mode to prefer. */
export const WORDINGS: Weighted<Wording> = [
  ["equation", 25],
  ["subject", 20],
  ["things", 20],
  ["sentence", 20],
  ["words", 8],
  ["verb", 7],
];

const NAMES: Record<Operator, string> = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "over",
};

const VERBS: Record<Operator, string> = {
  "+": "Adding {y} to {x} gives {z}",
  "-": "Taking {y} from {x} gives {z}",
  "*": "Multiplying {x} by {y} gives {z}",
  "/": "Dividing {x} by {y} gives {z}",
};

function template(wording: Wording, operator: Operator): string {
  const equation = `{x} ${operator} {y} = {z}`;
  switch (wording) {
    case "equation":
      return equation;
    case "subject":
      return `{R} gets ${equation}`;
    case "things":
      return `That makes ${equation} {o}`;
    case "sentence":
      return `${equation}. {R} has {z} {o}`;
    case "words":
      return `{x} ${NAMES[operator]} {y} is {z}`;
    case "verb":
      return VERBS[operator];
  }
}

/** Whether a wording names the person. */
export function namesPerson(wording: Wording): boolean {
  return template(wording, "+").includes("{R}");
}

/** What a line says. */
export interface LineContent {
  /** The operation. */
  readonly operator: Operator;
  /** Left operand. */
  readonly left: number;
  /** Right operand. */
  readonly right: number;
  /** The result. */
  readonly result: number;
  /** Name or pronoun, where the wording has one. */
  readonly referent?: string;
  /** The things, where the wording names them. */
  readonly things?: string;
}

/** Writes a line. */
export function writeLine(
  wording: Wording,
  content: Required<LineContent>,
): string {
  const values: Record<string, string> = {
    R: content.referent,
    x: String(content.left),
    y: String(content.right),
    z: String(content.result),
    o: content.things,
  };
  return template(wording, content.operator).replace(
    /\{(\w)\}/g,
    (_, name: string) => values[name]!,
  );
}

/** A number as it is written: no sign, no leading zero. */
const NUMBER = "(0|[1-9]\\d*)";
const PATTERNS: Record<string, string> = {
  R: "([A-Z][a-z]+)",
  x: NUMBER,
  y: NUMBER,
  z: NUMBER,
  o: "([a-z]+)",
};

interface Reader {
  readonly operator: Operator;
  readonly fields: readonly string[];
  readonly pattern: RegExp;
}

function reader(wording: Wording, operator: Operator): Reader {
  const fields: string[] = [];
  const pattern = template(wording, operator).replace(
    /\{(\w)\}|[+*/]/g,
    (found, field?: string) => {
      if (field === undefined) return `\\${found}`;
      fields.push(field);
      return PATTERNS[field]!;
    },
  );
  return { operator, fields, pattern: new RegExp(`^${pattern}$`) };
}

const READERS: readonly Reader[] = WORDINGS.flatMap(([wording]) =>
  (["+", "-", "*", "/"] as const).map((operator) => reader(wording, operator))
);

/** Reads a line; `null` where it is in no wording, `"torn"` where it gives two different results. */
export function readLine(line: string): LineContent | "torn" | null {
  for (const { operator, fields, pattern } of READERS) {
    const found = pattern.exec(line);
    if (found === null) continue;
    const all = (name: string) =>
      fields.flatMap((field, i) => field === name ? [found[i + 1]!] : []);
    const results = all("z");
    if (results.some((result) => result !== results[0])) return "torn";
    const referent = all("R")[0];
    const things = all("o")[0];
    return {
      operator,
      left: Number(all("x")[0]),
      right: Number(all("y")[0]),
      result: Number(results[0]),
      ...(referent === undefined ? {} : { referent }),
      ...(things === undefined ? {} : { things }),
    };
  }
  return null;
}
