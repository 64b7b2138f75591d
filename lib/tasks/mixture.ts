/**
 * Several tasks as one supply of training problems.
 *
 * @module
 */
import type { Weighted } from "./draw.ts";
import { TaskError } from "./errors.ts";
import { drawFor } from "./split.ts";
import type { Problem, Split, Task } from "./types.ts";

/** Tasks drawn at random, each as often as its weight says. A pure function of its index, like a task. */
export class TaskMixture {
  readonly #parts: Weighted<Task>;

  /**
   * Takes tasks with their weights.
   *
   * @throws {TaskError} If there is no task, or a weight is not above 0.
   */
  constructor(parts: Weighted<Task>) {
    const wrong = parts.find(([, weight]) => !(weight > 0));
    if (parts.length === 0 || wrong !== undefined) {
      throw new TaskError(
        wrong === undefined
          ? "a mixture of no tasks; give at least one"
          : `the weight of ${wrong[0].name} is ${
            wrong[1]
          }; give a number above 0`,
      );
    }
    this.#parts = parts;
  }

  /** The problem of an index: the task is drawn, and gives its own problem of the same index. */
  problem(split: Split, index: number): Problem {
    const draw = drawFor({ task: "mixture", split, index }, {
      purpose: "task",
    });
    return draw.weighted(this.#parts).problem(split, index);
  }
}
