/**
 * What distillation asks and who judges the answers.
 *
 * @module
 */
import type { Tokenizer } from "../../../model/tokenizer.ts";
import type { Split, Task } from "../../../tasks/types.ts";

/** Prompts of one task as token ids, and its grader. */
export interface DistillTask {
  /** Digest of prompts, grader and tokenizer. */
  readonly digest: string;
  /** Positions that hold every answer. */
  readonly maxNewTokens: number;
  /** Prompts there are of a split; Infinity where they are generated. */
  readonly available: number;
  /** The prompt of an index. */
  prompt(split: Split, index: number): Int32Array;
  /** Whether an answer, its end of sequence included, is right. */
  right(split: Split, index: number, answer: Int32Array): Promise<boolean>;
}

/** Tasks by name. */
export interface DistillWorld {
  readonly tasks: ReadonlyMap<string, DistillTask>;
  /** Frees what graders hold. */
  close(): Promise<void>;
}

/** The world of the kit's tasks for a model's tokenizer. */
export function distillWorld(
  tasks: readonly Task[],
  tokenizer: Tokenizer,
): DistillWorld {
  const withBos = { bos: tokenizer.bosId !== null };
  return {
    tasks: new Map(tasks.map((task): [string, DistillTask] => [task.name, {
      digest: `${task.digest} ${tokenizer.digest}`,
      maxNewTokens: task.maxNewTokens,
      available: Infinity,
      prompt: (split, index) =>
        tokenizer.encode(task.problem(split, index).prompt, withBos),
      async right(split, index, answer) {
        const text = tokenizer.decode(answer, { skipSpecial: true });
        const grade = await task.grade(task.problem(split, index), text);
        return grade.correct;
      },
    }])),
    async close() {
      for (const task of tasks) await task.close();
    },
  };
}
