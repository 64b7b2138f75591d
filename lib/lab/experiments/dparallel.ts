/**
 * Certainty-forcing distillation on the models trained here: the tables of dParallel with the control that they lack, its figures,
 * and what happens when it meets D2F and lookahead.
 *
 * A cell is a model, a method and a range of problems of a task's test split, each decoded once and graded; or a model whose
 * confidence is looked at, in its own states and in its base's.
 *
 * @module
 */
import type { Split, Task } from "../../tasks/types.ts";
import type { Mode } from "../cell.ts";
import { dparallelClaims } from "../claims/dparallel_claims.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import type { Students } from "../evaluation/students.ts";
import type {
  CellContext,
  CellPlan,
  CellResult,
  Experiment,
} from "../experiment.ts";
import { canonicalJson, sha256 } from "../json.ts";
import { studentFigures } from "./dparallel_figures.ts";
import {
  roleOf,
  type StudentCellKind,
  studentGrid,
  type StudentRole,
  studentSeconds,
} from "./dparallel_grid.ts";
import { measureStudents } from "./dparallel_measure.ts";
import {
  studentDecoder,
  type StudentMethod,
  studentMethodName,
} from "./dparallel_methods.ts";
import {
  decodeStudent,
  probeStudent,
  type StudentResult,
} from "./dparallel_run.ts";
import { studentTables } from "./dparallel_tables.ts";
import type { DecoderData } from "./methods.ts";

/** A cell: one model, one method, a range of problems. */
export type StudentParameters = {
  readonly kind: StudentCellKind;
  readonly model: string;
  /** Model that is adapted; `null` without adapter. */
  readonly base: string | null;
  readonly role: StudentRole;
  readonly task: string;
  readonly method: StudentMethod;
  readonly decoder: DecoderData;
  readonly split: Split;
  readonly first: number;
  readonly count: number;
};

/** A finished cell. */
export type StudentCell = CellResult<StudentParameters, StudentResult>;

const PRECISION = "bf16";

/** The experiment; `students` and `tasks` are closed with it. */
export function dparallel(
  students: Students,
  tasks: readonly Task[],
): Experiment<StudentParameters, StudentResult> {
  async function plan(mode: Mode): Promise<CellPlan<StudentParameters>[]> {
    const plans: CellPlan<StudentParameters>[] = [];
    for (const student of await students.present()) {
      const { name: model, base } = student;
      const { digest, family, tokenizer } = await students.facts(model);
      for (const { name: task, digest: made, maxNewTokens } of tasks) {
        for (const entry of studentGrid(student, task, mode)) {
          const { kind, method, problems: count } = entry;
          const place = { family, task, maxNewTokens };
          plans.push({
            parameters: {
              ...{ kind, model, base, role: roleOf(student), task, method },
              decoder: studentDecoder(method, place),
              ...{ split: "test", first: 0, count },
            },
            label: `${model} ${task} ${kind} ${studentMethodName(method)}`,
            model: digest,
            task: sha256(canonicalJson({ task: made, tokenizer })),
            precision: PRECISION,
            seconds: count * studentSeconds(entry),
          });
        }
      }
    }
    return plans;
  }

  async function run(
    { parameters }: CellPlan<StudentParameters>,
    { signal, report }: CellContext,
  ): Promise<StudentResult> {
    const { kind, model, base, task: name } = parameters;
    const task = tasks.find((known) => known.name === name)!;
    const request = { ...parameters, task, signal, report };
    if (kind === "decode") {
      return await decodeStudent(await students.open(model), request);
    }
    return await probeStudent({
      base: () => students.open(base ?? model),
      own: () => students.open(model),
    }, request);
  }

  return {
    id: "dparallel",
    title:
      "Certainty-forcing distillation (dParallel) on the models trained here",
    version: 1,
    reproduces: [
      "dParallel Table 1",
      "dParallel Table 2",
      "dParallel Table 3",
      "dParallel Table 4",
      "dParallel Table 6",
      "dParallel Fig. 2",
      "dParallel Fig. 4",
      "dParallel Fig. 5",
      "dParallel Fig. 6",
    ],
    timing: false,
    seeds: [SCORE_SEED],
    claims: dparallelClaims([]).map(({ id }) => id),
    plan,
    run,
    measure: measureStudents,
    tables: studentTables,
    figures: studentFigures,
    async close() {
      await students.close();
      for (const task of tasks) await task.close();
    },
  };
}
