/**
 * Which methods run on which model of the distillation study, and on how many problems.
 *
 * @module
 */
import type { Mode } from "../cell.ts";
import { CODE_TASK, MATHS_TASK } from "../claims/scaling_claims.ts";
import type { Student } from "../evaluation/students.ts";
import { OTHER_BASES } from "../evaluation/trained_models.ts";
import { SWEPT } from "../recipes/distill/sweeps.ts";
import { decodingSeconds } from "./decoding_seconds.ts";
import { type StudentMethod, studentMethod } from "./dparallel_methods.ts";
import { LOOKAHEADS, problemsOf } from "./lopa_scaling_grid.ts";
import type { DecoderData } from "./methods.ts";

/** What a model is in the study. */
export type StudentRole =
  | "base"
  | "full"
  | "consistency"
  | "certainty"
  | "unblocked"
  | "seed"
  | "sweep"
  | "other"
  | "other-full"
  | "d2f"
  | "d2f-full";

/** The role of a model, from its name. */
export function roleOf({ name, base }: Student): StudentRole {
  const other = isOtherBase(base ?? name);
  if (base === null) {
    return other ? "other" : name.startsWith("d2f-") ? "d2f" : "base";
  }
  if (other) return "other-full";
  if (base.startsWith("d2f-")) return "d2f-full";
  if (SWEPT.some((swept) => swept.name === name)) return "sweep";
  const end = name.split("-mini")[1]!.replace(/^-/, "");
  if (end === "") return "full";
  const [stem] = end.split("-");
  return stem as StudentRole;
}

function isOtherBase(name: string): boolean {
  return OTHER_BASES.some((other) => other === name);
}

/** The model that a study's model began with: the base of D2F models is that of their name. */
export function rootOf(model: string): string {
  const other = OTHER_BASES.find((base) => model.endsWith(base));
  return other ?? `${familyOf(model)}-mini`;
}

/** The model that an adapter is on; a model without adapter itself. */
export function adaptedModel(model: string): string {
  const [, d2f] = /^dparallel-(d2f-\w+-mini)$/.exec(model) ?? [];
  return d2f ?? (model.startsWith("d2f-") ? model : rootOf(model));
}

/** Family of a model, from its name. */
export function familyOf(name: string): "llada" | "dream" {
  return name.includes("llada") ? "llada" : "dream";
}

/** Entropy at which all models are compared: the paper's for LLaDA. */
export const OPERATING_ENTROPY = 0.5;

/** Confidence of the threshold baseline. */
export const OPERATING_CONFIDENCE = 0.9;

/** Thresholds of the curves of Fig. 4 beside the operating points. */
const SWEEPS: Record<
  Mode,
  {
    readonly entropy: readonly number[];
    readonly confidence: readonly number[];
  }
> = {
  quick: { entropy: [], confidence: [] },
  default: { entropy: [0.1, 1.2], confidence: [0.6] },
  full: {
    entropy: [0.05, 0.1, 0.2, 0.35, 0.7, 1, 1.4, 2],
    confidence: [0.99, 0.95, 0.8, 0.7, 0.6, 0.5, 0.4],
  },
};

/** Lookaheads where a branch is a whole canvas. */
const CANVAS_LOOKAHEADS: Record<Mode, readonly number[]> = {
  quick: [3],
  default: [0, 3, 7],
  full: Array.from({ length: 15 }, (_, k) => k),
};

/** Problems per cell of the LLaDA models and of the Dream ones. */
const PROBLEMS: Record<Mode, Record<"llada" | "dream", number>> = {
  quick: { llada: 5, dream: 3 },
  default: { llada: 24, dream: 10 },
  full: { llada: 500, dream: 500 },
};

/** Problems whose confidence is looked at. */
const PROBED: Record<Mode, number> = { quick: 2, default: 6, full: 100 };

/** Rough seconds of one of them on two cores. */
const PROBE_SECONDS = 0.5;

/** Share of a decode's time that is left, for estimates, where certainty is trained: if not even that, the method fails. */
const SURE_SHARE = 0.7;

/** Rough seconds of a problem on two cores. */
export function studentSeconds(
  { kind, method }: Pick<StudentEntry, "kind" | "method">,
  { role, decoder }: {
    readonly role: StudentRole;
    readonly decoder: DecoderData;
  },
): number {
  if (kind === "probe") return PROBE_SECONDS;
  const unsure = ["base", "consistency", "d2f", "other"].includes(role);
  const fixed = ["sequential", "four", "one-token"].includes(method.name);
  return (unsure || fixed ? 1 : SURE_SHARE) * decodingSeconds(decoder);
}

/** What a cell does: decodes and grades, or looks at confidence. */
export type StudentCellKind = "decode" | "probe";

/** An entry of the grid. */
export interface StudentEntry {
  readonly kind: StudentCellKind;
  readonly method: StudentMethod;
  readonly problems: number;
}

/** The entries of a model on a task. */
export function studentGrid(
  student: Student,
  task: string,
  mode: Mode,
): readonly StudentEntry[] {
  const role = roleOf(student);
  const problems = PROBLEMS[mode][familyOf(student.name)];
  const few = mode === "full" ? 200 : Math.ceil(problems / 3);
  // What the scaling study decodes too, it decodes once for both.
  const shared = problemsOf(student.name, mode);
  const decode = (methods: readonly StudentMethod[], count = problems) =>
    methods.map((method): StudentEntry => ({
      ...{ kind: "decode", method, problems: count },
    }));
  const entropy = studentMethod("entropy", OPERATING_ENTROPY);
  const confidence = studentMethod("confidence", OPERATING_CONFIDENCE);
  if (task !== MATHS_TASK && task !== CODE_TASK) {
    if (role === "base") {
      return decode([studentMethod("sequential"), entropy], few);
    }
    return role === "full" ? decode([entropy], few) : [];
  }
  const looked: StudentEntry[] = [
    { kind: "probe", method: entropy, problems: PROBED[mode] },
  ];
  const maths = task === MATHS_TASK;
  switch (role) {
    case "seed":
    case "certainty":
    case "unblocked":
      return mode !== "quick" || maths ? decode([entropy]) : [];
    case "sweep":
    case "other-full":
      return mode !== "quick" && maths ? decode([entropy]) : [];
    case "other":
      return mode !== "quick" && maths
        ? decode([studentMethod("sequential"), entropy])
        : [];
    case "d2f":
    case "d2f-full": {
      const methods = [
        studentMethod("one-token"),
        studentMethod("d2f"),
        ...LOOKAHEADS[mode].map((k) => studentMethod("lopa", k)),
      ];
      if (!maths) return [];
      return decode(methods, role === "d2f" ? shared : problems);
    }
    default: {
      const { entropy: entropies, confidence: confidences } = SWEEPS[mode];
      const canvas = maths && role !== "consistency"
        ? decode(
          CANVAS_LOOKAHEADS[mode].map((k) => studentMethod("window-lopa", k)),
          few,
        )
        : [];
      return [
        ...(role === "base"
          ? decode([studentMethod("sequential"), studentMethod("four")], shared)
          : []),
        ...(role === "consistency" ? decode([studentMethod("four")]) : []),
        ...decode([confidence, entropy]),
        ...(maths && (mode === "full" || role !== "consistency")
          ? decode([
            ...entropies.map((value) => studentMethod("entropy", value)),
            ...confidences.map((value) => studentMethod("confidence", value)),
          ])
          : []),
        ...canvas,
        ...(maths ? looked : []),
      ];
    }
  }
}
