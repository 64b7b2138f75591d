/**
 * The frame of experiments that decode and grade problems of tasks with trained models: their grid laid out over the models that are
 * there, and their cells run.
 *
 * @module
 */
import type { ModelFamily } from "../../model/types.ts";
import type { Split, Task } from "../../tasks/types.ts";
import type { Mode } from "../cell.ts";
import {
  decodedProblems,
  promptsDigest,
} from "../evaluation/decoded_problems.ts";
import { evaluate, type Evaluation } from "../evaluation/evaluate.ts";
import type { OpenModels } from "../evaluation/open_models.ts";
import type { CellContext, CellPlan } from "../experiment.ts";
import type { JsonObject } from "../json.ts";
import type { DecoderData } from "./methods.ts";

/** What is decoded, in every cell of a study. JSON. */
export type DecodingParameters<Name extends string = string> = {
  /** Name of the model's folder. */
  readonly model: Name;
  /** Name of the task. */
  readonly task: string;
  readonly decoder: DecoderData;
  readonly split: Split;
  /** Index of the first problem. */
  readonly first: number;
  /** Number of problems. */
  readonly count: number;
};

/** A model on a task, when its grid is laid out. */
export interface StudyPlace {
  readonly mode: Mode;
  readonly family: ModelFamily;
  /** Name of the task. */
  readonly task: string;
  /** Positions that hold every answer of it. */
  readonly maxNewTokens: number;
}

/** An entry of a grid. */
export interface StudyEntry<Own extends JsonObject> {
  /** Parameters of the study beside those of every study. */
  readonly own: Own;
  readonly decoder: DecoderData;
  readonly problems: number;
  /** What it is called beside model and task. */
  readonly label: string;
  /** Rough seconds of a problem on two cores. */
  readonly seconds: number;
  /** Whether it decodes and grades and does nothing else. */
  readonly decodes: boolean;
}

/** What makes a study. */
export interface StudyOptions<Name extends string, Own extends JsonObject> {
  readonly models: OpenModels;
  readonly tasks: readonly Task[];
  /** Names of the models that are there. */
  readonly present: () => Promise<readonly Name[]>;
  /** The grid of a model on a task. */
  readonly grid: (model: Name, place: StudyPlace) => readonly StudyEntry<Own>[];
}

/** Parts of an experiment that all studies have. */
export interface DecodingStudy<Name extends string, Own extends JsonObject> {
  /** Lays out the grid of a mode over models and tasks. */
  plan(mode: Mode): Promise<CellPlan<Own & DecodingParameters<Name>>[]>;
  /** Decodes and grades a cell's problems. */
  decode(
    plan: { readonly parameters: DecodingParameters },
    context: CellContext,
  ): Promise<Evaluation>;
  /** The task of a name in the grid. */
  taskNamed(name: string): Task;
  /** Closes models and tasks. */
  close(): Promise<void>;
}

const PRECISION = "bf16";

/** The frame of a study. */
export function decodingStudy<Name extends string, Own extends JsonObject>(
  { models, tasks, present, grid }: StudyOptions<Name, Own>,
): DecodingStudy<Name, Own> {
  function taskNamed(name: string): Task {
    return tasks.find((task) => task.name === name)!;
  }

  async function planModel(model: Name, mode: Mode) {
    const { digest, family, tokenizer } = await models.facts(model);
    return tasks.flatMap(({ name: task, digest: made, maxNewTokens }) =>
      grid(model, { mode, family, task, maxNewTokens }).map((entry) => {
        const { own, decoder, problems: count, label, seconds } = entry;
        const range = { decoder, split: "test", first: 0, count } as const;
        return {
          parameters: { ...own, model, task, ...range },
          label: `${model} ${task} ${label}`,
          model: digest,
          task: promptsDigest(made, tokenizer),
          precision: PRECISION,
          seconds: count * seconds,
          ...(entry.decodes ? { shared: decodedProblems(range) } : {}),
        };
      })
    );
  }

  return {
    taskNamed,
    async plan(mode) {
      const plans = [];
      for (const model of await present()) {
        plans.push(...await planModel(model, mode));
      }
      return plans;
    },
    async decode({ parameters }, { signal, report }) {
      const { model, task, decoder, split, first, count } = parameters;
      return await evaluate(await models.open(model), {
        task: taskNamed(task),
        ...{ decoder, split, first, count, signal, report },
      });
    },
    async close() {
      await models.close();
      for (const task of tasks) await task.close();
    },
  };
}
