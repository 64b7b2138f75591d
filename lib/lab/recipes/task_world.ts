/**
 * The world of the kit's own tasks.
 *
 * @module
 */
import { codeMini } from "../../tasks/code_mini.ts";
import { gsmMiniFree } from "../../tasks/gsm_free.ts";
import { gsmMini } from "../../tasks/gsm_mini.ts";
import {
  encodeProblem,
  taskTokenizer,
  tokenizerFiles,
} from "../../tasks/tokenizer.ts";
import type { Task } from "../../tasks/types.ts";
import { SPECIAL } from "../../tasks/vocabulary.ts";
import type { RecipeWorld, TaskExamples } from "./world.ts";

/** Tasks with their tokenizer. */
export function taskWorld(
  tasks: readonly Task[] = [gsmMini, gsmMiniFree, codeMini()],
): RecipeWorld {
  const { eos, mask, bos } = SPECIAL;
  const files = tokenizerFiles();
  return {
    tasks: new Map(tasks.map((task) => [task.name, taskExamples(task)])),
    ids: { eos, mask, bos, pad: eos },
    size: taskTokenizer().size,
    tokenizer: files["tokenizer.json"],
    tokenizerConfig: files["tokenizer_config.json"],
  };
}

function taskExamples(task: Task): TaskExamples {
  return {
    digest: task.digest,
    example(split, index) {
      const { prompt, answer } = encodeProblem(task.problem(split, index));
      return { prompt, answer: Int32Array.of(...answer, SPECIAL.eos) };
    },
  };
}
