/**
 * `gsm-mini-free`: the control whose choices are irreducible. Any numbers that meet the condition are right, but they have to
 * fit each other: which ones cannot be known before the first is written.
 *
 * @module
 */
import { taskDigest } from "./digest.ts";
import type { Draw } from "./draw.ts";
import { TaskError } from "./errors.ts";
import { digitByDigit } from "./gsm_chain.ts";
import { FINAL } from "./gsm_check.ts";
import { framePrompt } from "./prompt.ts";
import { drawFor, drawInSplit, type ProblemAddress } from "./split.ts";
import type { Grade, LineVerdict, Problem, Split, Task } from "./types.ts";

const NAME = "gsm-mini-free";

/** Raised whenever the same index gives another problem or another grade than before. */
const VERSION = 2;

/** What the numbers have to meet. */
export interface FreeCondition {
  /** Two or three numbers with a given sum, or two with a given difference. */
  readonly kind: "sum2" | "sum3" | "gap";
  /** The sum or difference. */
  readonly target: number;
  /** Each number is larger than this. */
  readonly above: number;
}

/** A problem with many right answers. */
export interface FreeProblem extends Problem {
  /** What a right answer meets. */
  readonly condition: FreeCondition;
}

const KINDS: readonly FreeCondition["kind"][] = ["sum2", "sum3", "gap"];

/** Largest number that the reference answers use. */
const LARGEST = 60;

const solutionTable = new Map<string, readonly (readonly number[])[]>();

/** All reference answers to a condition, added up digit by digit as in `gsm-mini`; the larger number first for a difference. */
function solutions(condition: FreeCondition): readonly (readonly number[])[] {
  const { kind, target, above } = condition;
  const name = `${kind}:${target}>${above}`;
  const known = solutionTable.get(name);
  if (known !== undefined) return known;
  const numbers = Array.from(
    { length: LARGEST - above },
    (_, i) => above + 1 + i,
  );
  const sums = (sum: number, parts: number): number[][] =>
    parts === 1
      ? (sum > above ? [[sum]] : [])
      : numbers.flatMap((last) =>
        digitByDigit(sum, "-", last)
          ? sums(sum - last, parts - 1).map((rest) => [...rest, last])
          : []
      );
  const found = kind === "gap"
    ? numbers.filter((smaller) =>
      smaller + target <= LARGEST && digitByDigit(smaller, "+", target)
    ).map((smaller) => [smaller + target, smaller])
    : sums(target, kind === "sum2" ? 2 : 3);
  solutionTable.set(name, found);
  return found;
}

function drawCondition(
  draw: Draw,
  kind: FreeCondition["kind"],
): FreeCondition {
  const above = draw.integer(1, 9);
  const targets = Array.from({ length: LARGEST - 1 }, (_, i) => i + 2);
  const possible = targets.map((target) => ({ kind, above, target })).filter((
    condition,
  ) => solutions(condition).length > 1);
  return draw.pick(possible);
}

function question(
  draw: Draw,
  { kind, target, above }: FreeCondition,
): string {
  const count = kind === "sum3" ? "three" : "two";
  const order = draw.pick(["Pick", "Name"]);
  const what = kind === "gap" ? "differ by" : "add up to";
  return `${order} ${count} numbers above ${above} that ${what} ${target}.`;
}

/** Why numbers do not meet the condition, or `null`. */
function fault(
  numbers: readonly number[],
  { kind, target, above }: FreeCondition,
): string | null {
  const count = kind === "sum3" ? 3 : 2;
  if (numbers.length !== count) return `${count} numbers are wanted`;
  const low = numbers.find((number) => number <= above);
  if (low !== undefined) return `${low} is not above ${above}`;
  const value = kind === "gap"
    ? Math.abs(numbers[0]! - numbers[1]!)
    : numbers.reduce((sum, number) => sum + number, 0);
  if (value === target) return null;
  return kind === "gap"
    ? `they differ by ${value}, not by ${target}`
    : `they add up to ${value}, not to ${target}`;
}

/** The number that a text is, or `NaN`. */
function read(text: string): number {
  return /^(0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
}

function checkNumbers(
  numbers: readonly number[],
  condition: FreeCondition,
): string | null {
  return numbers.some(Number.isNaN)
    ? "not a list of numbers"
    : fault(numbers, condition);
}

/** Judges an answer: an equation, then `#### ` and its numbers. The numbers of the last line decide. */
function check({ condition }: FreeProblem, answer: string): Grade {
  const texts = answer.split("\n");
  const final = texts.pop()!;
  const symbol = condition.kind === "gap" ? " - " : " + ";
  const lines: LineVerdict[] = texts.map((text) => {
    const [left, right, ...rest] = text.split(" = ");
    const wrong = rest.length > 0 || right !== String(condition.target)
      ? `no equation that ends with = ${condition.target}`
      : checkNumbers(left!.split(symbol).map(read), condition);
    return { text, correct: wrong === null, reason: wrong ?? "holds" };
  });
  const reason = final.startsWith(FINAL)
    ? checkNumbers(final.slice(FINAL.length).split(" ").map(read), condition)
    : `does not end with a line "${FINAL}n n"`;
  const correct = reason === null;
  lines.push({ text: final, correct, reason: reason ?? "right" });
  return { correct, lines, reason: reason ?? "correct" };
}

function makeProblem(address: ProblemAddress): FreeProblem {
  const wording = drawFor(address, { purpose: "wording" });
  const kind = wording.pick(KINDS);
  const { key, condition } = drawInSplit(address, (draw) => {
    const condition = drawCondition(draw, kind);
    return { key: `${kind}:${condition.target}>${condition.above}`, condition };
  });
  const answer = drawFor(address, { purpose: "answer" });
  const numbers = answer.pick(solutions(condition));
  const symbol = kind === "gap" ? " - " : " + ";
  return {
    id: `${NAME}/${address.split}/${address.index}`,
    key,
    prompt: framePrompt("free", question(wording, condition)),
    answer: `${numbers.join(symbol)} = ${condition.target}\n${FINAL}${
      numbers.join(" ")
    }`,
    choiceBits: answer.bits,
    labels: { kind },
    condition,
  };
}

function isFreeProblem(problem: Problem): problem is FreeProblem {
  return problem.id.startsWith(`${NAME}/`) && "condition" in problem;
}

/** The control task. */
export const gsmMiniFree: Task = {
  name: NAME,
  description:
    "Choose numbers freely so that they meet a condition together: a control that parallel decoding cannot get for nothing",
  digest: taskDigest(NAME, VERSION),
  maxNewTokens: 64,
  problem: (split: Split, index: number): FreeProblem =>
    makeProblem({ task: NAME, split, index }),
  grade(problem: Problem, answer: string): Promise<Grade> {
    if (!isFreeProblem(problem)) {
      throw new TaskError(
        `${problem.id} is no problem of ${NAME}; grade problems as the task made them`,
      );
    }
    return Promise.resolve(check(problem, answer));
  },
  close: () => Promise.resolve(),
};
