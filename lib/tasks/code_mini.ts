/**
 * `code-mini`: short JavaScript functions from one line of English, graded by hidden asserts in a sandbox.
 *
 * @module
 */
import { type CodeProblem, makeCodeProblem } from "./code_problem.ts";
import { taskDigest } from "./digest.ts";
import { TaskError } from "./errors.ts";
import { Sandbox, type SandboxOptions } from "./sandbox.ts";
import type { Grade, Problem, Split, Task } from "./types.ts";

const NAME = "code-mini";

/** Raised whenever the same index gives another problem or another grade than before. */
const VERSION = 1;

function isCodeProblem(problem: Problem): problem is CodeProblem {
  return problem.id.startsWith(`${NAME}/`) && "cases" in problem &&
    "functionName" in problem;
}

/** The task, with the processes that its grading needs. Needs permission to run Deno itself, once something is graded. */
export class CodeMini implements Task {
  readonly name: string = NAME;
  readonly description: string =
    "Write a short JavaScript function from one line of English";
  readonly digest: string = taskDigest(NAME, VERSION);
  readonly maxNewTokens: number = 64;
  readonly #options: SandboxOptions;
  #sandbox: Sandbox | null = null;

  /** `options`: limits of the sandbox. Nothing is started before the first grading. */
  constructor(options: SandboxOptions = {}) {
    this.#options = options;
  }

  /** The problem of an index. */
  problem(split: Split, index: number): CodeProblem {
    return makeCodeProblem({ task: NAME, split, index });
  }

  /**
   * Runs the answer on the problem's inputs and compares what it returns.
   *
   * @throws {TaskError} If the problem is of another task.
   * @throws {SandboxError} If Deno cannot be started.
   */
  async grade(problem: Problem, answer: string): Promise<Grade> {
    if (!isCodeProblem(problem)) {
      throw new TaskError(
        `${problem.id} is no problem of ${NAME}; grade problems as the task made them`,
      );
    }
    this.#sandbox ??= new Sandbox(this.#options);
    const { functionName, cases } = problem;
    const reason = await this.#sandbox.judge({
      source: answer,
      functionName,
      cases,
    });
    return { correct: reason === null, reason: reason ?? "correct" };
  }

  /** Ends the processes. */
  async close(): Promise<void> {
    const sandbox = this.#sandbox;
    this.#sandbox = null;
    await sandbox?.close();
  }
}

/** The task with the default limits; close it when done. */
export function codeMini(options: SandboxOptions = {}): Task {
  return new CodeMini(options);
}
