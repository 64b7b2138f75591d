/**
 * dParallel's claims as statements about the models trained here, with the controls that the paper lacks. They have their own sizes
 * and tasks, so what is tested is the effect, its direction, and the size that a faithful reproduction has to reach.
 *
 * @module
 */
import { KEEPS_SCORE } from "./keeps_score.ts";
import { CODE_TASK, MATHS_TASK } from "./scaling_claims.ts";
import type { Claim } from "./types.ts";

/** Factor by which passes must fall under the same sampler. */
export const WANTED_FACTOR = 1.8;

/** Families of the small models. */
const LLADA = ["llada"] as const, BOTH = ["llada", "dream"] as const;

type Family = typeof BOTH[number];

type Statement = Omit<Claim, "id" | "scope" | "paper" | "values"> & {
  readonly name: string;
  readonly families: readonly Family[];
  readonly tasks: readonly string[];
  /** Ends of the names of models that it needs, behind the family. */
  readonly needs: (family: Family) => readonly string[];
};

const TASKS = [MATHS_TASK, CODE_TASK];

const base = (family: Family) => `${family}-mini`;
const full = (family: Family) => `dparallel-${family}-mini`;

const STATEMENTS: readonly Statement[] = [
  {
    name: "fewer-passes",
    families: BOTH,
    tasks: TASKS,
    needs: (family) => [base(family), full(family)],
    item: "Table 1",
    statement:
      `Certainty forcing cuts passes at least ${WANTED_FACTOR} times against the base under the same entropy sampler, both stopped when the answer is known.`,
    kind: "ordering",
  },
  {
    name: "keeps-score",
    families: BOTH,
    tasks: TASKS,
    needs: (family) => [base(family), full(family)],
    item: "Table 1",
    statement:
      `Its score is not below the base's under the same sampler: ${KEEPS_SCORE.words}.`,
    ...KEEPS_SCORE.judged,
  },
  {
    name: "more-than-the-sampler",
    families: BOTH,
    tasks: [MATHS_TASK],
    needs: (family) => [base(family), full(family)],
    item: "Table 1",
    statement:
      "Training does more than the sampler: from the base by confidence to the distilled model by entropy, passes fall further than to the base by entropy.",
    kind: "ordering",
  },
  {
    name: "consistency-slower",
    families: BOTH,
    tasks: [MATHS_TASK],
    needs: (
      family,
    ) => [base(family), full(family), `${full(family)}-consistency`],
    item: "Table 3",
    statement:
      "Without the certainty term the speed-up is clearly less: the factor of passes against the whole method lies above 1 with its interval.",
    kind: "ordering",
  },
  {
    name: "certainty-fast",
    families: LLADA,
    tasks: [MATHS_TASK],
    needs: (family) => [full(family), `${full(family)}-certainty`],
    item: "Table 3",
    statement: "Certainty alone takes the fewest passes of all.",
    kind: "ordering",
  },
  {
    name: "certainty-wrong",
    families: LLADA,
    tasks: [MATHS_TASK],
    needs: (family) => [full(family), `${full(family)}-certainty`],
    item: "Table 3",
    statement:
      "Certainty alone answers worse than the whole method: the interval of the paired difference lies below 0.",
    kind: "ordering",
  },
  {
    name: "blocks-matter",
    families: BOTH,
    tasks: [MATHS_TASK],
    needs: (family) => [full(family), `${full(family)}-unblocked`],
    item: "Table 3",
    statement:
      "With masks over the whole answer instead of one block, passes are more.",
    kind: "ordering",
  },
  {
    name: "sure-at-entry",
    families: BOTH,
    tasks: [MATHS_TASK],
    needs: (family) => [base(family), full(family)],
    item: "Fig. 5",
    statement:
      "When a block of the answer is entered, more of its positions are above 0.9 than with the base, in the base's own states.",
    kind: "ordering",
  },
  {
    name: "confidence-before-accuracy",
    families: BOTH,
    tasks: [MATHS_TASK],
    needs: (family) => [base(family), full(family)],
    item: "Fig. 2",
    statement:
      "Certainty forcing raises confidence more than accuracy: in the base's states, mean confidence less the share right rises.",
    kind: "ordering",
  },
  {
    name: "lookahead-compounds",
    families: BOTH,
    tasks: [MATHS_TASK],
    needs: (family) => [base(family), full(family)],
    item: "beyond the papers",
    statement:
      "Lookahead also helps the distilled model: with the most lookaheads that ran, more tokens per forward than without.",
    kind: "ordering",
  },
  {
    name: "d2f-compounds",
    families: BOTH,
    tasks: [MATHS_TASK],
    needs: (family) => [`d2f-${family}-mini`, `dparallel-d2f-${family}-mini`],
    item: "beyond the papers",
    statement:
      "Certainty forcing and lookahead compound on D2F: both together decode more tokens per forward than either alone.",
    kind: "ordering",
  },
];

/** Which claim is meant. */
export interface DparallelClaimPlace {
  readonly name: string;
  readonly family: Family;
  readonly task: string;
}

/** All claims: name, family and task. */
export const DPARALLEL_PLACES: readonly DparallelClaimPlace[] = STATEMENTS
  .flatMap(({ name, families, tasks }) =>
    families.flatMap((family) => tasks.map((task) => ({ name, family, task })))
  );

/** Id of a claim. */
export function dparallelClaimId(
  { name, family, task }: DparallelClaimPlace,
): string {
  return `mini-dparallel-${name}-${family}-${task}`;
}

/** The claims. One that needs a model which is not among `present` says so. */
export function dparallelClaims(present: readonly string[]): readonly Claim[] {
  return DPARALLEL_PLACES.map((place): Claim => {
    const {
      name: _,
      families: __,
      tasks: ___,
      needs,
      ...statement
    } = STATEMENTS.find(({ name }) => name === place.name)!;
    const missing = needs(place.family).filter((model) =>
      !present.includes(model)
    );
    return {
      ...statement,
      values: [],
      id: dparallelClaimId(place),
      scope: "mini",
      paper: "dparallel",
      statement: `${
        base(place.family)
      } on ${place.task}: ${statement.statement}`,
      ...(missing.length === 0 ? {} : {
        missing: {
          needs: "weights",
          reason: `Needs ${
            missing.map((model) => `data/models/${model}`).join(" and ")
          }, trained to the end: ${
            missing.map((model) => `"deno task train ${model}"`).join(", ")
          }.`,
        },
      }),
    };
  });
}
