/**
 * The problems of `code-mini`.
 *
 * @module
 */
import { type CodeCase, drawCases } from "./code_cases.ts";
import { at, each, keep, tally, whole } from "./code_lists.ts";
import { bound, distance, linear, pair, rule, test } from "./code_numbers.ts";
import type { CodeSpec } from "./code_parts.ts";
import { FUNCTION_NAMES, writeFunction } from "./code_style.ts";
import { textLength, textPart, textTurn } from "./code_texts.ts";
import type { Draw, Weighted } from "./draw.ts";
import { framePrompt } from "./prompt.ts";
import { drawFor, drawInSplit, type ProblemAddress } from "./split.ts";
import type { Problem } from "./types.ts";

/** A function to write, with its hidden asserts. */
export interface CodeProblem extends Problem {
  /** Name that the function has to have. */
  readonly functionName: string;
  /** The asserts; drawn when first asked for, training needs none. */
  readonly cases: readonly CodeCase[];
}

/** The kinds of functions, and how often each is drawn. */
const FAMILIES: Weighted<(draw: Draw) => CodeSpec> = [
  [linear, 3],
  [pair, 2],
  [bound, 2],
  [distance, 1],
  [test, 2],
  [rule, 3],
  [whole, 3],
  [each, 2],
  [keep, 3],
  [tally, 3],
  [at, 1],
  [textLength, 1],
  [textPart, 2],
  [textTurn, 1],
];

/** The problem of an address. */
export function makeCodeProblem(address: ProblemAddress): CodeProblem {
  const wording = drawFor(address, { purpose: "wording" });
  const family = wording.weighted(FAMILIES);
  const { key, spec, name } = drawInSplit(address, (draw) => {
    const spec = family(draw);
    const name = draw.pick(FUNCTION_NAMES);
    return { key: `${spec.key}:${name}`, spec, name };
  });
  const answer = drawFor(address, { purpose: "answer" });
  let cases: readonly CodeCase[] | undefined;
  return {
    id: `${address.task}/${address.split}/${address.index}`,
    key,
    prompt: framePrompt("code", `${name}: ${spec.describe(wording)}.`),
    answer: writeFunction(answer, { spec, name }),
    choiceBits: answer.bits,
    labels: { family: spec.family },
    functionName: name,
    get cases() {
      return cases ??= drawCases(drawFor(address, { purpose: "cases" }), spec);
    },
  };
}
