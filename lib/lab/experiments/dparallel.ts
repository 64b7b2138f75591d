/**
 * Certainty-forcing distillation on the models trained here: the tables of dParallel with the control that they lack, its figures,
 * and what happens when it meets D2F and lookahead.
 *
 * A cell is a model, a method and a range of problems of a task's test split, each decoded once and graded; or a model whose
 * confidence is looked at, in its own states and in its base's.
 *
 * @module
 */
import type { Task } from "../../tasks/types.ts";
import { dparallelClaims } from "../claims/dparallel_claims.ts";
import type { OpenModels } from "../evaluation/open_models.ts";
import { SCORE_SEED } from "../evaluation/scores.ts";
import {
  allStudents,
  presentStudents,
  type Student,
} from "../evaluation/students.ts";
import type {
  CellContext,
  CellPlan,
  CellResult,
  Experiment,
} from "../experiment.ts";
import { type DecodingParameters, decodingStudy } from "./decoding_study.ts";
import { studentFigures } from "./dparallel_figures.ts";
import {
  roleOf,
  rootOf,
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
import { probeStudent, type StudentResult } from "./dparallel_run.ts";
import { studentTables } from "./dparallel_tables.ts";

/** A cell: one model, one method, a range of problems. */
export type StudentParameters = DecodingParameters & {
  readonly kind: StudentCellKind;
  /** Model that is adapted; `null` without adapter. */
  readonly base: string | null;
  readonly role: StudentRole;
  readonly method: StudentMethod;
};

/** A finished cell. */
export type StudentCell = CellResult<StudentParameters, StudentResult>;

const STUDENTS = new Map(
  allStudents().map((student) => [student.name, student]),
);

/** Those of families in which an adapter is there: without one there is nothing to hold a base against. */
function comparable(present: readonly Student[]): Student[] {
  const distilled = new Set(
    present.filter(({ base }) => base !== null).map(({ name }) => rootOf(name)),
  );
  return present.filter(({ name }) => distilled.has(rootOf(name)));
}

/** The experiment; `models` and `tasks` are closed with it. */
export function dparallel(
  models: OpenModels,
  tasks: readonly Task[],
): Experiment<StudentParameters, StudentResult> {
  const { plan, decode, taskNamed, close } = decodingStudy({
    ...{ models, tasks },
    present: async () =>
      comparable(await presentStudents(models.folder)).map(({ name }) => name),
    grid(name, place) {
      const student = STUDENTS.get(name)!;
      const { base } = student, role = roleOf(student);
      return studentGrid(student, place.task, place.mode).map(
        ({ kind, method, problems }) => {
          const decoder = studentDecoder(method, place);
          return {
            own: { kind, base, role, method },
            ...{ decoder, problems, decodes: kind === "decode" },
            label: `${kind} ${studentMethodName(method)}`,
            seconds: studentSeconds({ kind, method }, { role, decoder }),
          };
        },
      );
    },
  });

  async function run(
    cell: CellPlan<StudentParameters>,
    context: CellContext,
  ): Promise<StudentResult> {
    const { parameters } = cell;
    const { kind, model, base, task } = parameters;
    if (kind === "decode") return await decode(cell, context);
    return await probeStudent({
      base: () => models.open(base ?? model),
      own: () => models.open(model),
    }, { ...parameters, ...context, task: taskNamed(task) });
  }

  return {
    id: "dparallel",
    title:
      "Certainty-forcing distillation (dParallel) on the models trained here",
    version: 3,
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
    close,
  };
}
