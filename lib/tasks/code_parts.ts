/**
 * What functions of `code-mini` are made of: operations and conditions with a constant, in words, in JavaScript, and as
 * functions of this library.
 *
 * @module
 */
import type { Draw } from "./draw.ts";

/** A value that a program may take or return. */
export type CodeValue = number | boolean | string | readonly CodeValue[];

/** What an argument is. */
export type ParameterKind = "number" | "list" | "text";

/** A function's body: an expression, or statements that end with a return. */
export type Body =
  | { readonly expression: string }
  | { readonly statements: string };

/** A function to be written. */
export interface CodeSpec {
  /** Kind of function: the problem's label. */
  readonly family: string;
  /** The family with its variant and constants. */
  readonly key: string;
  /** Kinds of the arguments, in order. */
  readonly parameters: readonly ParameterKind[];
  /** Numbers at which the function changes its behaviour: inputs are drawn around them. */
  readonly landmarks: readonly number[];
  /** What it does, in one of several wordings. */
  describe(draw: Draw): string;
  /** One of several equivalent bodies over the given names of the arguments. */
  implement(draw: Draw, names: readonly string[]): Body;
  /** What the function returns. */
  reference(...values: readonly CodeValue[]): CodeValue;
}

/** A way to change a number: `+ 3`, `- 3` or `* 3`. */
export interface Change {
  /** The operation. */
  readonly symbol: "+" | "-" | "*";
  /** 2 to 20 for + and -, 2 to 9 for *. */
  readonly constant: number;
}

/** Draws a change; `except`: a symbol not to use. */
export function drawChange(draw: Draw, except?: Change["symbol"]): Change {
  const symbols = (["+", "-", "*"] as const).filter((each) => each !== except);
  const symbol = draw.pick(symbols);
  return { symbol, constant: draw.integer(2, symbol === "*" ? 9 : 20) };
}

/** The changed value. */
export function change({ symbol, constant }: Change, value: number): number {
  if (symbol === "+") return value + constant;
  return symbol === "-" ? value - constant : value * constant;
}

/** A key, e.g. `+3`. */
export function changeKey({ symbol, constant }: Change): string {
  return symbol + constant;
}

/** As an order, e.g. `multiply by 3`. */
export function changeOrder({ symbol, constant }: Change): string {
  const verb = { "+": "add", "-": "subtract", "*": "multiply by" }[symbol];
  return `${verb} ${constant}`;
}

/** As an order about something, e.g. `subtract 3 from each item`. */
export function changeOrderOn(
  { symbol, constant }: Change,
  object: string,
): string {
  if (symbol === "+") return `add ${constant} to ${object}`;
  if (symbol === "-") return `subtract ${constant} from ${object}`;
  return `multiply ${object} by ${constant}`;
}

/** As an attribute, e.g. `times 3`. */
export function changePhrase({ symbol, constant }: Change): string {
  const word = { "+": "plus", "-": "minus", "*": "times" }[symbol];
  return `${word} ${constant}`;
}

/** As JavaScript on an operand; `compound`: whether the operand is a sum or a choice that needs parentheses here. */
export function changeCode(
  { symbol, constant }: Change,
  operand: string,
  compound: "atom" | "sum" | "choice" = "atom",
): string {
  const wrap = compound === "choice" || compound === "sum" && symbol === "*";
  return `${wrap ? `(${operand})` : operand} ${symbol} ${constant}`;
}

/** A condition on a number. */
export interface Condition {
  /** Which. */
  readonly kind: "above" | "below" | "even" | "odd" | "multiple";
  /** The bound or divisor; 2 for even and odd. */
  readonly constant: number;
}

/** Draws a condition: bounds 2 to 20, divisors 3 to 9. */
export function drawCondition(draw: Draw): Condition {
  const kind = draw.weighted<Condition["kind"]>([
    ["above", 3],
    ["below", 3],
    ["multiple", 2],
    ["even", 1],
    ["odd", 1],
  ]);
  switch (kind) {
    case "above":
    case "below":
      return { kind, constant: draw.integer(2, 20) };
    case "multiple":
      return { kind, constant: draw.integer(3, 9) };
    case "even":
    case "odd":
      return { kind, constant: 2 };
  }
}

/** Whether a value meets the condition. */
export function holds({ kind, constant }: Condition, value: number): boolean {
  switch (kind) {
    case "above":
      return value > constant;
    case "below":
      return value < constant;
    case "odd":
      return value % constant !== 0;
    case "even":
    case "multiple":
      return value % constant === 0;
  }
}

/** In words, e.g. `above 3`. */
export function conditionPhrase({ kind, constant }: Condition): string {
  if (kind === "even" || kind === "odd") return kind;
  return kind === "multiple"
    ? `a multiple of ${constant}`
    : `${kind} ${constant}`;
}

/** As JavaScript on an operand; `compound`: whether the operand is a sum or product. */
export function conditionCode(
  { kind, constant }: Condition,
  operand: string,
  compound: boolean = false,
): string {
  if (kind === "above") return `${operand} > ${constant}`;
  if (kind === "below") return `${operand} < ${constant}`;
  const left = compound ? `(${operand})` : operand;
  return `${left} % ${constant} ${kind === "odd" ? "!==" : "==="} 0`;
}

/** A key, e.g. `above3`. */
export function conditionKey({ kind, constant }: Condition): string {
  return kind + constant;
}
