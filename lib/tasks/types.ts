/**
 * What a task is: an endless, seeded supply of problems in three disjoint splits, and a grader of answers.
 *
 * @module
 */

/** Which part of a task's world a problem belongs to. No problem of one split has a twin in another. */
export type Split = "train" | "dev" | "test";

/** One question with one right answer among possibly many. */
export interface Problem {
  /** Task, split and index, e.g. `gsm-mini/test/17`. */
  readonly id: string;
  /** What makes the problem itself, apart from its wording: problems of different splits never share a key. */
  readonly key: string;
  /**
   * Text of the prompt as the model sees it, from the task tag to the separator. The beginning-of-sequence token is not in
   * it: `tokenizer.encode(prompt, { bos: true })` puts it there.
   */
  readonly prompt: string;
  /** A right answer in one of its surface forms, drawn at random; no end-of-sequence token. */
  readonly answer: string;
  /**
   * Information in the answer's free choices (wordings, names, equivalent forms), in bits. Its mean over problems is the
   * entropy of the answer given the prompt, up to choices that happen to give the same text: no model can predict better.
   */
  readonly choiceBits: number;
  /** Slices the problem belongs to, e.g. `{ steps: "3", theme: "trade" }`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Verdict on one line of an answer. */
export interface LineVerdict {
  /** The line, without its newline. */
  readonly text: string;
  /** Whether it says something true that follows from the problem and the lines before. */
  readonly correct: boolean;
  /** What is wrong with it, or what it was read as. */
  readonly reason: string;
}

/** Verdict on an answer. */
export interface Grade {
  /** Whether the answer solves the problem: the final number, the valid pair, all hidden asserts. */
  readonly correct: boolean;
  /** One verdict per line, for tasks whose answers are checked line by line. */
  readonly lines?: readonly LineVerdict[];
  /** Why it is wrong, or `correct`. */
  readonly reason: string;
}

/** A task: problems by split and index, and their grader. */
export interface Task {
  /** Stable name, e.g. `gsm-mini`. */
  readonly name: string;
  /** What is asked, in one sentence. */
  readonly description: string;
  /** SHA-256 of the generator's version and of the vocabulary: results under different digests are not comparable. */
  readonly digest: string;
  /** Tokens of the canvas that hold every answer and at least one end-of-sequence token. */
  readonly maxNewTokens: number;
  /**
   * The problem of an index: a pure function, the same on every machine.
   *
   * @param index An integer from 0 to 2^32 - 1.
   * @throws {RangeError} If the index is none.
   */
  problem(split: Split, index: number): Problem;
  /**
   * Judges the text of an answer, as decoded up to its first end-of-sequence token without special tokens. Any text is
   * judged; only a problem of another task throws.
   */
  grade(problem: Problem, answer: string): Promise<Grade>;
  /** Frees what grading holds (processes). The task can be used again afterwards. */
  close(): Promise<void>;
}

/** Ids of a problem, to be joined as they are: joined text would be split differently at the seam. */
export interface EncodedProblem {
  /** Beginning of sequence, task tag, question, separator. */
  readonly prompt: Int32Array;
  /** The reference answer, without the end-of-sequence tokens that fill the canvas. */
  readonly answer: Int32Array;
}
