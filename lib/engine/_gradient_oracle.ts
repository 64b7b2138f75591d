/**
 * Forward and backward of attention and RMS norm written plainly, in double precision: what the native gradients are tested
 * against. Used by tests only.
 */

/** Rows that attend to a run of keys of the same pass. */
export interface OwnKeys {
  /** First query row. */
  readonly row: number;
  readonly rows: number;
  /** Absolute position of the first key. */
  readonly position: number;
  /** Row of the first key. */
  readonly keyRow: number;
  readonly keys: number;
}

/** An attention over fresh keys. q is `[rows, heads * dim]`, keys and values are `[rows, kvHeads * dim]`. */
export interface AttentionCase {
  readonly q: ArrayLike<number>;
  readonly keys: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dim: number;
  readonly scale: number;
  /** Per row: it sees keys at positions below its limit. */
  readonly limits: readonly number[];
  readonly segments: readonly OwnKeys[];
}

/** One row of one head: where its numbers start, and the probability of each key that it sees. */
interface Query {
  readonly at: number;
  readonly keysAt: readonly number[];
  readonly probabilities: readonly number[];
}

function dot(
  a: ArrayLike<number>,
  atA: number,
  b: ArrayLike<number>,
  atB: number,
  dim: number,
): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += a[atA + d]! * b[atB + d]!;
  return sum;
}

function* queries(given: AttentionCase): Generator<Query> {
  const { heads, kvHeads, dim, limits, scale } = given;
  for (const { row, rows, position, keyRow, keys } of given.segments) {
    for (let i = row; i < row + rows; i++) {
      const seen = Math.min(keys, Math.max(0, limits[i]! - position));
      for (let head = 0; head < heads; head++) {
        const at = (i * heads + head) * dim;
        const kv = Math.floor(head / (heads / kvHeads));
        const keysAt = Array.from(
          { length: seen },
          (_, k) => ((keyRow + k) * kvHeads + kv) * dim,
        );
        const scores = keysAt.map((key) =>
          dot(given.q, at, given.keys, key, dim) * scale
        );
        const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
        const weights = scores.map((score) => Math.exp(score - most));
        const total = weights.reduce((a, b) => a + b, 0);
        yield { at, keysAt, probabilities: weights.map((w) => w / total) };
      }
    }
  }
}

/** Softmax(q k^T * scale) v; zero for rows of no segment. */
export function attentionForward(given: AttentionCase): Float64Array {
  const { dim, values } = given;
  const out = new Float64Array(given.q.length);
  for (const { at, keysAt, probabilities } of queries(given)) {
    keysAt.forEach((key, j) => {
      for (let d = 0; d < dim; d++) {
        out[at + d]! += probabilities[j]! * values[key + d]!;
      }
    });
  }
  return out;
}

/** Gradients of the sum of `dout * attentionForward(given)`. */
export function attentionBackward(
  given: AttentionCase,
  dout: ArrayLike<number>,
): Record<"dq" | "dkeys" | "dvalues", Float64Array> {
  const { dim, q, keys, values, scale } = given;
  const dq = new Float64Array(q.length);
  const dkeys = new Float64Array(keys.length);
  const dvalues = new Float64Array(values.length);
  for (const { at, keysAt, probabilities } of queries(given)) {
    const dp = keysAt.map((key) => dot(dout, at, values, key, dim));
    const mean = dp.reduce((sum, g, j) => sum + g * probabilities[j]!, 0);
    keysAt.forEach((key, j) => {
      const ds = probabilities[j]! * (dp[j]! - mean) * scale;
      for (let d = 0; d < dim; d++) {
        dq[at + d]! += ds * keys[key + d]!;
        dkeys[key + d]! += ds * q[at + d]!;
        dvalues[key + d]! += probabilities[j]! * dout[at + d]!;
      }
    });
  }
  return { dq, dkeys, dvalues };
}

/** Rows of `width` numbers under an RMS norm. */
export interface NormCase {
  readonly input: ArrayLike<number>;
  readonly gain: ArrayLike<number>;
  readonly width: number;
  readonly eps: number;
}

function* normRows({ input, width, eps }: NormCase) {
  for (let at = 0; at < input.length; at += width) {
    yield {
      at,
      factor: 1 / Math.sqrt(dot(input, at, input, at, width) / width + eps),
    };
  }
}

/** `x * rsqrt(mean(x^2) + eps) * gain`, row by row. */
export function normForward(given: NormCase): Float64Array {
  const { input, gain, width } = given;
  const out = new Float64Array(input.length);
  for (const { at, factor } of normRows(given)) {
    for (let i = 0; i < width; i++) {
      out[at + i] = input[at + i]! * factor * gain[i]!;
    }
  }
  return out;
}

/** Gradients of the sum of `dout * normForward(given)`. */
export function normBackward(
  given: NormCase,
  dout: ArrayLike<number>,
): Record<"din" | "dgain", Float64Array> {
  const { input, gain, width } = given;
  const din = new Float64Array(input.length);
  const dgain = new Float64Array(width);
  for (const { at, factor } of normRows(given)) {
    let product = 0;
    for (let i = 0; i < width; i++) {
      product += input[at + i]! * gain[i]! * dout[at + i]!;
    }
    for (let i = 0; i < width; i++) {
      din[at + i] = dout[at + i]! * gain[i]! * factor -
        input[at + i]! * product * factor ** 3 / width;
      dgain[i]! += dout[at + i]! * input[at + i]! * factor;
    }
  }
  return { din, dgain };
}

/** Gradient of a function by central differences in double precision. */
export function centralDifferences(
  at: ArrayLike<number>,
  value: (moved: Float64Array) => number,
  step = 1e-5,
): Float64Array {
  const moved = Float64Array.from(at);
  return moved.map((x, i) => {
    moved[i] = x + step;
    const above = value(moved);
    moved[i] = x - step;
    const below = value(moved);
    moved[i] = x;
    return (above - below) / (2 * step);
  });
}

/** Sum of products of two lists of one length. */
export function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return dot(a, 0, b, 0, a.length);
}
