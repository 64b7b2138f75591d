/**
 * Fitting positive constants to positive observations by least squares of the logarithms (Levenberg and Marquardt), so that an
 * error of 10% counts the same at 300 and at 1,000 tokens per second. Small and plain: a handful of constants, numerical
 * derivatives, and a statement for each constant of how far the observations determine it.
 *
 * @module
 */
import { solveSymmetric } from "./linear.ts";

/** Constants by name, all positive. */
export type Constants = Readonly<Record<string, number>>;

/** Something observed and how constants predict it. */
export interface Observation {
  /** For messages. */
  readonly name: string;
  /** Positive. */
  readonly observed: number;
  /** Positive for positive constants. */
  readonly predict: (constants: Constants) => number;
}

/** A fit. */
export interface Fit {
  /** In the order of the start. */
  readonly constants: Constants;
  /**
   * Standard error of each constant as a share of it, from the scatter of the residuals: 0 when there are as many constants as
   * observations, `Infinity` for a constant that the observations do not determine.
   */
  readonly relativeErrors: Constants;
  /** Logarithm of predicted over observed, per observation. */
  readonly residuals: readonly number[];
}

const STEP = 1e-5, ROUNDS = 200, SETTLED = 1e-12;

/** Share of a constant's influence that must be its own, not another's as well, to count as determined. */
const DETERMINED = 1e-9;

/** Sum of squared derivatives up to which a constant counts as moving nothing. */
const UNMOVED = 1e-10;

function residualsOf(
  observations: readonly Observation[],
  constants: Constants,
): number[] {
  return observations.map(({ name, observed, predict }) => {
    const residual = Math.log(predict(constants) / observed);
    if (!Number.isFinite(residual)) {
      throw new RangeError(
        `Cannot fit "${name}": observed ${observed}, predicted ${
          predict(constants)
        }, want positive numbers`,
      );
    }
    return residual;
  });
}

function squares(residuals: readonly number[]): number {
  return residuals.reduce((sum, r) => sum + r * r, 0);
}

/** Derivatives of the residuals by the logarithms of the constants, one row per observation. */
function derivatives(
  observations: readonly Observation[],
  constants: Constants,
): number[][] {
  const columns = Object.keys(constants).map((name) => {
    const moved = (by: number) =>
      residualsOf(observations, {
        ...constants,
        [name]: constants[name]! * Math.exp(by),
      });
    const up = moved(STEP), down = moved(-STEP);
    return up.map((value, i) => (value - down[i]!) / (2 * STEP));
  });
  return observations.map((_, i) => columns.map((column) => column[i]!));
}

/** J^T J and J^T r. */
function normal(jacobian: readonly number[][], residuals: readonly number[]) {
  const n = jacobian[0]!.length;
  const matrix = Array.from(
    { length: n },
    (_, a) =>
      Array.from(
        { length: n },
        (_, b) => jacobian.reduce((sum, row) => sum + row[a]! * row[b]!, 0),
      ),
  );
  const vector = Array.from(
    { length: n },
    (_, a) =>
      jacobian.reduce((sum, row, i) => sum + row[a]! * residuals[i]!, 0),
  );
  return { matrix, vector };
}

/**
 * Fits `start` to the observations.
 *
 * @throws {RangeError} for fewer observations than constants, and for a start that is not positive or whose predictions are not.
 */
export function calibrate(
  observations: readonly Observation[],
  start: Constants,
): Fit {
  const names = Object.keys(start);
  if (observations.length < names.length) {
    throw new RangeError(
      `Cannot fit ${names.length} constants to ${observations.length} observations, want at least as many observations`,
    );
  }
  const wrong = names.find((name) => !(start[name]! > 0));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot start with ${wrong} = ${start[wrong]}, want a positive number`,
    );
  }
  let constants = start, damping = 1e-3;
  let residuals = residualsOf(observations, constants);
  for (let round = 0; round < ROUNDS && damping < 1e12; round++) {
    const { matrix, vector } = normal(
      derivatives(observations, constants),
      residuals,
    );
    const damped = matrix.map((row, a) =>
      row.map((value, b) => a === b ? value * (1 + damping) + 1e-15 : value)
    );
    const step = solveSymmetric(damped, vector);
    const next = Object.fromEntries(
      names.map((name, a) => [
        name,
        constants[name]! * Math.exp(-Math.max(-1, Math.min(1, step[a]!))),
      ]),
    );
    const tried = tryResiduals(observations, next);
    if (tried !== null && squares(tried) <= squares(residuals)) {
      const gain = squares(residuals) - squares(tried);
      constants = next, residuals = tried, damping /= 10;
      if (gain <= SETTLED * (1e-6 + squares(residuals))) break;
    } else damping *= 10;
  }
  return {
    constants,
    residuals,
    relativeErrors: errors(observations, constants, residuals),
  };
}

/** Residuals, or `null` where the constants lead out of what can be predicted. */
function tryResiduals(
  observations: readonly Observation[],
  constants: Constants,
): number[] | null {
  try {
    return residualsOf(observations, constants);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Standard errors as shares. A constant that moves nothing is set aside, so that the others keep theirs. */
function errors(
  observations: readonly Observation[],
  constants: Constants,
  residuals: readonly number[],
): Constants {
  const names = Object.keys(constants);
  const { matrix } = normal(derivatives(observations, constants), residuals);
  const used = names.map((_, a) => a).filter((a) => matrix[a]![a]! > UNMOVED);
  const reduced = used.map((a) => used.map((b) => matrix[a]![b]!));
  const free = observations.length - names.length;
  const scatter = free === 0 ? 0 : squares(residuals) / free;
  return Object.fromEntries(names.map((name, a) => {
    const at = used.indexOf(a);
    if (at < 0) return [name, Infinity];
    const unit = used.map((_, b) => b === at ? 1 : 0);
    const variance = solveSymmetric(reduced, unit)[at]!;
    const determined = variance > 0 &&
      variance * reduced[at]![at]! < 1 / DETERMINED;
    return [name, determined ? Math.sqrt(scatter * variance) : Infinity];
  }));
}
