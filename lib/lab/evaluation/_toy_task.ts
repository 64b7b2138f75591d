/** A task for tests: sums and reversed words, as the tiny golden models were trained on. Used by tests only. */
import type { Grade, Problem, Split, Task } from "../../tasks/types.ts";

const WORDS = ["night", "north", "bird", "sun", "moon", "tree", "fish"];

function question(index: number): readonly [prompt: string, answer: string] {
  if (index % 2 === 0) {
    const word = WORDS[(index / 2) % WORDS.length]!;
    return [`Q:rev ${word}?`, [...word].reverse().join("")];
  }
  const a = 1 + (7 * index) % 23, b = 1 + (11 * index) % 19;
  return [`Q:${a}+${b}=?`, String(a + b)];
}

/** The task; `calls` counts what was asked of it. */
export interface ToyTask extends Task {
  readonly calls: { grades: number; closed: number };
}

/** Makes the task. An answer is right if it contains the wanted text. */
export function toyTask(name = "toy"): ToyTask {
  const calls = { grades: 0, closed: 0 };
  return {
    calls,
    name,
    description: "Add two numbers or reverse a word",
    digest: `${name} digest`,
    maxNewTokens: 32,
    problem(split: Split, index: number): Problem {
      const [prompt, answer] = question(index);
      const problem = {
        id: `${name}/${split}/${index}`,
        key: prompt,
        prompt,
        answer,
        choiceBits: 0,
        labels: { kind: index % 2 === 0 ? "word" : "sum" },
      };
      return problem;
    },
    grade(problem: Problem, answer: string): Promise<Grade> {
      calls.grades++;
      const correct = answer.includes(problem.answer);
      const reason = correct ? "correct" : `want ${problem.answer}`;
      return Promise.resolve({ correct, reason });
    },
    close(): Promise<void> {
      calls.closed++;
      return Promise.resolve();
    },
  };
}
