/**
 * The arithmetic of a word problem: a number and one to four steps, each on the result of the one before.
 *
 * @module
 */
import type { Draw, Weighted } from "./draw.ts";

/** An operation, as answers write it. */
export type Operator = "+" | "-" | "*" | "/";

/** One step: `left operator right = result`. */
export interface Step {
  /** Result of the step before, or the problem's first number. */
  readonly left: number;
  /** The operation. */
  readonly operator: Operator;
  /** A number of the problem: 2 to 20 for + and -, 2 to 5 for * and /. */
  readonly right: number;
  /** 1 to 99. */
  readonly result: number;
}

/** Largest number of the world. */
const LARGEST = 99;

/** How often each number of steps is drawn. */
export const STEP_COUNTS: Weighted<number> = [[1, 20], [2, 40], [3, 30], [
  4,
  10,
]];

const OPERATORS: Weighted<Operator> = [["+", 3], ["-", 3], ["*", 2], ["/", 2]];

/** What an operation gives; not exact for a division with a remainder. */
export function calculate(
  left: number,
  operator: Operator,
  right: number,
): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
  }
}

const operandTable = new Map<string, readonly number[]>();

/**
 * Whether every digit of the result follows from the digits in its place, without carry, borrow or remainder. A model of a few
 * million parameters learns that from little text, so that what it gets wrong is decoding's doing.
 */
export function digitByDigit(
  left: number,
  operator: Operator,
  right: number,
): boolean {
  const places = [[left % 10, right % 10], [
    Math.floor(left / 10),
    Math.floor(right / 10),
  ]] as const;
  switch (operator) {
    case "+":
      return places.every(([x, y]) => x + y <= 9);
    case "-":
      return places.every(([x, y]) => x >= y);
    case "*":
      return places.every(([x]) => x * right <= 9);
    case "/":
      return places.every(([x]) => x % right === 0);
  }
}

/** The numbers that may stand on the right of an operation on `left`. */
function operands(left: number, operator: Operator): readonly number[] {
  const name = left + operator;
  const known = operandTable.get(name);
  if (known !== undefined) return known;
  const largest = operator === "+" || operator === "-" ? 20 : 5;
  const all = Array.from({ length: largest - 1 }, (_, i) => i + 2);
  const possible = all.filter((right) =>
    digitByDigit(left, operator, right) &&
    calculate(left, operator, right) >= 1
  );
  operandTable.set(name, possible);
  return possible;
}

/** A first number that suits the first operation. */
function drawStart(draw: Draw, operator: Operator): number {
  const numbers = Array.from({ length: LARGEST - 1 }, (_, i) => i + 2);
  return draw.pick(
    numbers.filter((left) => operands(left, operator).length > 0),
  );
}

function drawStep(draw: Draw, left: number, operator: Operator): Step {
  const right = draw.pick(operands(left, operator));
  return { left, operator, right, result: calculate(left, operator, right) };
}

/** Draws a chain of `count` steps. */
export function drawChain(draw: Draw, count: number): Step[] {
  const first = draw.weighted(OPERATORS);
  const steps = [drawStep(draw, drawStart(draw, first), first)];
  while (steps.length < count) {
    const left = steps[steps.length - 1]!.result;
    const possible = OPERATORS.filter(([operator]) =>
      operands(left, operator).length > 0
    );
    steps.push(drawStep(draw, left, draw.weighted(possible)));
  }
  return steps;
}

/** The chain on one line, e.g. `7+5*2`: what makes the problem. */
export function chainKey(steps: readonly Step[]): string {
  return steps.reduce(
    (key, { operator, right }) => `${key}${operator}${right}`,
    String(steps[0]!.left),
  );
}
