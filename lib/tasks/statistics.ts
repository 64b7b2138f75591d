/**
 * How large a task's world is.
 *
 * @module
 */
import { encodeProblem } from "./tokenizer.ts";
import type { Split, Task } from "./types.ts";

/** Mean and largest of a count. */
export interface LengthStatistics {
  /** Mean over problems. */
  readonly mean: number;
  /** Largest of any problem. */
  readonly max: number;
}

/** Figures of the first problems of a split. */
export interface TaskStatistics {
  /** Problems looked at. */
  readonly problems: number;
  /** Different keys among them. */
  readonly distinct: number;
  /** Prompt tokens, frame included. */
  readonly promptTokens: LengthStatistics;
  /** Tokens of the reference answer, without end of sequence. */
  readonly answerTokens: LengthStatistics;
  /**
   * Mean information of an answer's free choices, in bits per answer: the least cross-entropy that a model can reach on whole
   * answers, prompts being given.
   */
  readonly choiceBits: number;
}

/** Looks at the first `count` problems of a split. */
export function taskStatistics(
  task: Task,
  { split, count }: { readonly split: Split; readonly count: number },
): TaskStatistics {
  const keys = new Set<string>();
  const prompt = { sum: 0, max: 0 };
  const answer = { sum: 0, max: 0 };
  let bits = 0;
  for (let index = 0; index < count; index++) {
    const problem = task.problem(split, index);
    const ids = encodeProblem(problem);
    keys.add(problem.key);
    bits += problem.choiceBits;
    for (const part of ["prompt", "answer"] as const) {
      const total = part === "prompt" ? prompt : answer;
      total.sum += ids[part].length;
      total.max = Math.max(total.max, ids[part].length);
    }
  }
  return {
    problems: count,
    distinct: keys.size,
    promptTokens: { mean: prompt.sum / count, max: prompt.max },
    answerTokens: { mean: answer.sum / count, max: answer.max },
    choiceBits: bits / count,
  };
}
