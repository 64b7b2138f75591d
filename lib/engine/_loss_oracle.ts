/** Token losses written plainly, in double precision: what the native ones are tested against. Used by tests only. */

/** One row of a loss table. */
export interface LossRow {
  readonly target: number;
  readonly hard?: number;
  readonly soft?: number;
  /** Certainty group; none by default. */
  readonly group?: number;
}

/** Logits and what is wanted of them. */
export interface LossProblem {
  readonly vocab: number;
  /** Rows of `vocab` numbers, one per entry of `rows`. */
  readonly logits: ArrayLike<number>;
  readonly teacher?: ArrayLike<number>;
  readonly rows: readonly LossRow[];
  /** Weight of each certainty group. */
  readonly groups?: readonly number[];
  readonly temperature?: number;
  readonly reverseKl?: boolean;
}

/** The parts of one row's loss. */
export interface RowLoss {
  readonly hard: number;
  readonly soft: number;
  readonly entropy: number;
  readonly correct: boolean;
}

/** `log softmax(z / temperature)`. */
export function logSoftmax(
  z: ArrayLike<number>,
  temperature = 1,
): Float64Array {
  const scaled = Float64Array.from(z, (value) => value / temperature);
  const peak = scaled.reduce((a, b) => Math.max(a, b));
  const total = scaled.reduce((sum, u) => sum + Math.exp(u - peak), 0);
  return scaled.map((u) => u - peak - Math.log(total));
}

/** `sum exp(a) b`, where a term of probability 0 counts 0. */
function expectation(a: Float64Array, b: (i: number) => number): number {
  return a.reduce((sum, log, i) => {
    const p = Math.exp(log);
    return p === 0 ? sum : sum + p * b(i);
  }, 0);
}

function rowLoss(problem: LossProblem, r: number): RowLoss {
  const { vocab, teacher, temperature = 1, reverseKl = false } = problem;
  const part = (of: ArrayLike<number>) =>
    Array.from({ length: vocab }, (_, i) => of[r * vocab + i]!);
  const z = part(problem.logits);
  const logPi = logSoftmax(z);
  const logRho = logSoftmax(z, temperature);
  let soft = 0;
  if (teacher) {
    const logQ = logSoftmax(part(teacher));
    soft = reverseKl
      ? expectation(logPi, (i) => logPi[i]! - logQ[i]!)
      : -expectation(logQ, (i) => logPi[i]!);
  }
  const { target } = problem.rows[r]!;
  return {
    hard: -logPi[target]!,
    soft,
    entropy: -expectation(logRho, (i) => logRho[i]!),
    correct: z.indexOf(Math.max(...z)) === target,
  };
}

/** The parts of every row. */
export function rowLosses(problem: LossProblem): RowLoss[] {
  return problem.rows.map((_, r) => rowLoss(problem, r));
}

/** What each row's entropy weighs: the group's weight over the number of its correct rows. */
function entropyWeights(problem: LossProblem, losses: RowLoss[]): number[] {
  const { rows, groups = [] } = problem;
  const counts = groups.map((_, g) =>
    rows.filter(({ group }, r) => group === g && losses[r]!.correct).length
  );
  return rows.map(({ group }, r) =>
    group === undefined || !losses[r]!.correct
      ? 0
      : groups[group]! / counts[group]!
  );
}

/** The whole loss. */
export function totalLoss(problem: LossProblem): number {
  const losses = rowLosses(problem);
  const weights = entropyWeights(problem, losses);
  return problem.rows.reduce((sum, { hard = 0, soft = 0 }, r) => {
    const row = losses[r]!;
    return sum + hard * row.hard + soft * row.soft + weights[r]! * row.entropy;
  }, 0);
}

/** Gradient by the logits: central differences with the set of correct rows held fixed. */
export function lossGradient(problem: LossProblem): Float64Array {
  const { vocab, rows } = problem;
  const weights = entropyWeights(problem, rowLosses(problem));
  const logits = Float64Array.from(problem.logits);
  const moved = { ...problem, logits };
  const step = 1e-5;
  return logits.map((value, at) => {
    const r = Math.floor(at / vocab);
    const { hard = 0, soft = 0 } = rows[r]!;
    const lossAt = (z: number): number => {
      logits[at] = z;
      const row = rowLoss(moved, r);
      return hard * row.hard + soft * row.soft + weights[r]! * row.entropy;
    };
    const slope = (lossAt(value + step) - lossAt(value - step)) / (2 * step);
    logits[at] = value;
    return slope;
  });
}
