/**
 * The checker of worked answers: every line's arithmetic and the provenance of its operands, and the final number.
 *
 * @module
 */
import { calculate, type Step } from "./gsm_chain.ts";
import { type LineContent, readLine } from "./gsm_lines.ts";
import type { Cast } from "./gsm_question.ts";
import type { Grade, LineVerdict } from "./types.ts";

/** What a checker knows of a problem. */
export interface WorkedProblem {
  /** The steps, in order. */
  readonly steps: readonly Step[];
  /** Who and what it is about. */
  readonly cast: Cast;
}

/** Start of the line that gives the final answer. */
export const FINAL = "#### ";

/** How persons are called in the lines so far. */
type Manner = "name" | "pronoun";

/** A person's pronoun at the start of a sentence. */
export function capitalPronoun(pronoun: string): string {
  return pronoun === "he" ? "He" : "She";
}

/** What is known before a line is read. */
interface Before {
  /** Result that the line before stated; the first number of the problem before the first line. */
  readonly value: number | null;
  readonly manner: Manner | null;
}

/** Why a line does not hold, or `null`; `step` is the step in its place. */
function fault(
  line: LineContent,
  step: Step,
  { value }: Before,
): string | null {
  const { left, operator, right, result } = line;
  if (operator !== step.operator) {
    return `calculates with ${operator}, but the step is ${step.operator}`;
  }
  const swaps = operator === "+" || operator === "*";
  const follows = left === value && right === step.right ||
    swaps && right === value && left === step.right;
  if (!follows) {
    return `the operands ${left} and ${right} are not ${
      value ?? "the result before"
    } and ${step.right}`;
  }
  if (calculate(left, operator, right) !== result) {
    return `${left} ${operator} ${right} is not ${result}`;
  }
  return null;
}

function mannerOf(
  referent: string | undefined,
  { name, pronoun }: Cast["persons"][number],
): Manner | "wrong" | null {
  if (referent === undefined) return null;
  if (referent === name) return "name";
  return referent === capitalPronoun(pronoun) ? "pronoun" : "wrong";
}

/** Checks a line against the step in its place. */
function checkLine(text: string, at: number, { problem, before }: {
  readonly problem: WorkedProblem;
  readonly before: Before;
}): { readonly verdict: LineVerdict; readonly after: Before } {
  const step = problem.steps[at];
  const line = readLine(text);
  const say = (reason: string | null, after: Before) => ({
    verdict: { text, correct: reason === null, reason: reason ?? "holds" },
    after,
  });
  if (line === null || line === "torn") {
    const reason = line === null
      ? "in no wording of a step"
      : "states two different results";
    return say(reason, { ...before, value: null });
  }
  if (step === undefined) return say("no step is left", before);
  const manner = mannerOf(line.referent, problem.cast.persons[at + 1]!);
  const after = {
    value: line.result,
    manner: manner === "wrong" ? before.manner : manner ?? before.manner,
  };
  const reason = fault(line, step, before);
  if (reason !== null) return say(reason, after);
  if (manner === "wrong") return say(`${line.referent} is not meant`, after);
  if (manner !== null && before.manner !== null && manner !== before.manner) {
    return say("changes between name and pronoun", after);
  }
  const { things } = problem.cast;
  if (line.things !== undefined && line.things !== things) {
    return say(`is about ${line.things}, not ${things}`, after);
  }
  return say(null, after);
}

/**
 * Checks an answer line by line. It is correct when its last line, and no other, is `#### n` with the right number, as the
 * papers score GSM8K; the lines before are judged each for itself.
 */
export function checkWorked(problem: WorkedProblem, answer: string): Grade {
  const texts = answer.split("\n");
  const final = texts.pop()!;
  const { steps } = problem;
  let before: Before = { value: steps[0]!.left, manner: null };
  const lines: LineVerdict[] = texts.map((text, at) => {
    const { verdict, after } = checkLine(text, at, { problem, before });
    before = after;
    return verdict;
  });
  const reason = finalFault(texts, { final, steps });
  const correct = reason === null;
  lines.push({ text: final, correct, reason: reason ?? "right" });
  return { correct, lines, reason: reason ?? "correct" };
}

function finalFault(texts: readonly string[], { final, steps }: {
  readonly final: string;
  readonly steps: readonly Step[];
}): string | null {
  if (texts.some((text) => text.startsWith(FINAL.trim()))) {
    return "gives more than one final answer";
  }
  if (!final.startsWith(FINAL)) {
    return `does not end with a line "${FINAL}n"`;
  }
  const right = String(steps[steps.length - 1]!.result);
  const given = final.slice(FINAL.length);
  return given === right ? null : `the answer is ${right}, not "${given}"`;
}
