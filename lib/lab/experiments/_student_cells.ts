/** Made-up results of the distillation study. Used by tests only. */
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { Mode } from "../cell.ts";
import { calibrate } from "../../metrics/calibration.ts";
import { noProbes, type ProbeSums } from "../evaluation/probe_sums.ts";
import { allStudents } from "../evaluation/students.ts";
import type { StudentCell } from "./dparallel.ts";
import {
  familyOf,
  roleOf,
  studentGrid,
  type StudentRole,
} from "./dparallel_grid.ts";
import {
  studentDecoder,
  type StudentMethod,
  studentMethodName,
} from "./dparallel_methods.ts";
import type { ProblemRow } from "../evaluation/problem_row.ts";

/** Passes over an answer of 40 tokens in 3 of 4 blocks, made up so that all claims hold. */
function passesOf(role: StudentRole, { name, value }: StudentMethod): number {
  const trained: Partial<Record<StudentRole, number>> = {
    ...{ consistency: 0.8, certainty: 0.3, unblocked: 0.7 },
    ...{ full: 0.4, seed: 0.5, sweep: 0.5, "d2f-full": 0.6 },
    "other-full": 0.45,
  };
  const share = trained[role] ?? 1;
  switch (name) {
    case "sequential":
    case "one-token":
      return 48;
    case "four":
      return 12;
    case "entropy":
      return Math.ceil(share * (16 - 3 * (value! - 0.5)));
    case "confidence":
      return Math.ceil(share * (18 + 10 * (value! - 0.9)));
    case "d2f":
      return Math.ceil(share * 14);
    default:
      return Math.ceil(share * (14 - 1.5 * Math.log2(1 + value!)));
  }
}

function rowOf(
  task: string,
  index: number,
  { role, passes }: { readonly role: StudentRole; readonly passes: number },
): ProblemRow {
  const correct = index % 10 !== 0 && role !== "certainty";
  const steps = new Array<number>(passes + 1).fill(3);
  return {
    ...{ id: `${task}/test/${index}`, labels: { steps: "2" }, correct },
    ...{ reason: correct ? "correct" : "wrong number", text: "an answer" },
    ids: Array.from({ length: 40 }, (_, i) => i),
    ...{ tokens: 40, canvas: 64, forwards: passes + 1, calls: passes + 1 },
    ...{ referenceSteps: passes + 1, positions: 100 * passes, accepted: 0 },
    ...{ steps, answerSteps: steps, settled: passes, inside: 3 },
    blocks: [passes - 4, 2, 2, 1],
    committed: 0.97,
  };
}

/** Confidence that falls with position; more of it with `sure`. */
function probeOf(sure: number): ProbeSums {
  const at = (step: number) => ({
    ...{ step, decodes: 4, masked: new Array<number>(64).fill(4) },
    sums: Array.from({ length: 64 }, (_, i) => 4 * sure * (1 - i / 200)),
    squares: Array.from(
      { length: 64 },
      (_, i) => 4 * (sure * (1 - i / 200)) ** 2 + 0.01,
    ),
  });
  const bin = Math.min(19, Math.floor(20 * sure));
  const entry = noProbes().entry.map((_, i) => i === bin ? 8 : 1);
  const decode = {
    ...{ entry, entryBehind: entry },
    calibration: calibrate([[sure, true], [sure, false]]),
  };
  return {
    steps: Array.from({ length: 10 }, (_, step) => at(step)),
    ...decode,
    decodes: [decode],
  };
}

/** Cells of a mode's grid; `problems` rows each. */
export function studentCells(
  options: {
    readonly mode?: Mode;
    readonly models?: (name: string) => boolean;
    readonly problems?: number;
  } = {},
): StudentCell[] {
  const { mode = "default", models = () => true, problems = 8 } = options;
  return allStudents().filter(({ name }) => models(name)).flatMap((student) =>
    [MATHS_TASK, CODE_TASK].flatMap((task) =>
      studentGrid(student, task, mode).map(({ kind, method }): StudentCell => {
        const { name: model, base } = student;
        const role = roleOf(student);
        const family = familyOf(model);
        const passes = passesOf(role, method);
        const sure = role === "full" ? 0.97 : 0.7;
        return {
          plan: {
            parameters: {
              ...{ kind, model, base, role, task, method },
              ...{ split: "test", first: 0, count: problems },
              decoder: studentDecoder(method, {
                ...{ family, task, maxNewTokens: 64 },
              }),
            },
            label: `${model} ${task} ${studentMethodName(method)}`,
            ...{ model: "m", task: "t", precision: "bf16", seconds: 1 },
          },
          ...{ key: "k", ms: 1, reused: false },
          result: kind === "probe"
            ? {
              ...{ rows: [], metrics: [] },
              probe: { own: probeOf(sure), shown: probeOf(sure) },
            }
            : {
              metrics: [],
              rows: Array.from(
                { length: problems },
                (_, i) => rowOf(task, i, { role, passes }),
              ),
            },
        };
      })
    )
  );
}
