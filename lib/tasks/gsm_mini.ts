/**
 * `gsm-mini`: short word problems of one to four dependent steps, answered in written-out lines, without carries.
 *
 * @module
 */
import type { Draw } from "./draw.ts";
import { taskDigest } from "./digest.ts";
import { TaskError } from "./errors.ts";
import { chainKey, drawChain, STEP_COUNTS } from "./gsm_chain.ts";
import {
  capitalPronoun,
  checkWorked,
  FINAL,
  type WorkedProblem,
} from "./gsm_check.ts";
import { namesPerson, WORDINGS, writeLine } from "./gsm_lines.ts";
import { drawCast, wordQuestion } from "./gsm_question.ts";
import { THEMES } from "./gsm_themes.ts";
import { drawFor, drawInSplit, type ProblemAddress } from "./split.ts";
import { framePrompt } from "./prompt.ts";
import type { Grade, Problem, Split, Task } from "./types.ts";

const NAME = "gsm-mini";

/** Raised whenever the same index gives another problem or another grade than before. */
const VERSION = 3;

/** A word problem with what its checker needs. */
export interface GsmProblem extends Problem, WorkedProblem {}

/** Draws an answer: one line per step, each in a wording of its own, persons called in one manner throughout. */
function wordAnswer(draw: Draw, { steps, cast }: WorkedProblem): string {
  const wordings = steps.map(() => draw.weighted(WORDINGS));
  const byName = wordings.some(namesPerson) && draw.chance(0.5);
  const lines = steps.map((step, i) => {
    const { name, pronoun } = cast.persons[i + 1]!;
    return writeLine(wordings[i]!, {
      ...step,
      referent: byName ? name : capitalPronoun(pronoun),
      things: cast.things,
    });
  });
  lines.push(FINAL + String(steps[steps.length - 1]!.result));
  return lines.join("\n");
}

function makeProblem(address: ProblemAddress): GsmProblem {
  const wording = drawFor(address, { purpose: "wording" });
  const count = wording.weighted(STEP_COUNTS);
  const theme = wording.pick(THEMES);
  const { key, steps } = drawInSplit(address, (draw) => {
    const steps = drawChain(draw, count);
    return { key: chainKey(steps), steps };
  });
  const cast = drawCast(wording, { theme, steps: count });
  const question = wordQuestion(wording, { theme, cast, steps });
  const answer = drawFor(address, { purpose: "answer" });
  return {
    id: `${NAME}/${address.split}/${address.index}`,
    key,
    prompt: framePrompt("gsm", question),
    answer: wordAnswer(answer, { steps, cast }),
    choiceBits: answer.bits,
    labels: { steps: String(count), theme: theme.name },
    steps,
    cast,
  };
}

function isGsmProblem(problem: Problem): problem is GsmProblem {
  return problem.id.startsWith(`${NAME}/`) && "steps" in problem &&
    "cast" in problem;
}

/** The task. Problems of different splits differ in their numbers and operations, not just in their wording. */
export const gsmMini: Task = {
  name: NAME,
  description:
    "Solve a word problem of one to four dependent steps, one written-out line per step",
  digest: taskDigest(NAME, VERSION),
  maxNewTokens: 64,
  problem: (split: Split, index: number): GsmProblem =>
    makeProblem({ task: NAME, split, index }),
  grade(problem: Problem, answer: string): Promise<Grade> {
    if (!isGsmProblem(problem)) {
      throw new TaskError(
        `${problem.id} is no problem of ${NAME}; grade problems as the task made them`,
      );
    }
    return Promise.resolve(checkWorked(problem, answer));
  },
  close: () => Promise.resolve(),
};
