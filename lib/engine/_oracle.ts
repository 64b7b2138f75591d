/**
 * The operations of the engine written plainly, in double precision: what the native kernels are tested against. Used by tests only.
 */
import type { AttentionSegment, HeadRequest } from "./parameters.ts";

/** A row-major matrix. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** Nearest bfloat16, ties to even. */
export function toBf16(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return float[0]!;
}

/** The bfloat16 numbers as they stand in a checkpoint. */
export function bf16Bytes(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    float[0] = toBf16(value);
    return bits[0]! >>> 16;
  });
}

/** Row `i` of a matrix. */
export function row({ columns, data }: Matrix, i: number): Float32Array {
  return data.subarray(i * columns, (i + 1) * columns);
}

/** Sum of products. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** `x weight^T`, with both sides rounded to bfloat16 first where `bf16`. */
export function matmul(
  x: Matrix,
  weight: Matrix,
  options: { bf16?: boolean } = {},
): Matrix {
  const round = (m: Matrix): Matrix =>
    options.bf16 ? { ...m, data: m.data.map(toBf16) } : m;
  const [a, b] = [round(x), round(weight)];
  const data = new Float32Array(a.rows * b.rows);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      data[i * b.rows + j] = dot(row(a, i), row(b, j));
    }
  }
  return { rows: a.rows, columns: b.rows, data };
}

/** `x / rms(x) * gain`, row by row. */
export function rmsNorm(
  x: Matrix,
  options: { gain: Float32Array; eps: number },
): Matrix {
  const data = x.data.slice();
  for (let i = 0; i < x.rows; i++) {
    const values = row(x, i);
    const scale = 1 / Math.sqrt(dot(values, values) / x.columns + options.eps);
    for (let j = 0; j < x.columns; j++) {
      data[i * x.columns + j] = values[j]! * scale * options.gain[j]!;
    }
  }
  return { ...x, data };
}

/** x times the logistic function of x. */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** One head's vector turned by the angles of its position, pairs `(d, d + n / 2)`. */
export function rotate(
  vector: Float32Array,
  angles: readonly number[],
): Float32Array {
  const half = vector.length / 2;
  return vector.map((_, d) => {
    const pair = d % half;
    const [cos, sin] = [Math.cos(angles[pair]!), Math.sin(angles[pair]!)];
    return d < half
      ? vector[pair]! * cos - vector[pair + half]! * sin
      : vector[pair + half]! * cos + vector[pair]! * sin;
  });
}

/** What attention reads. */
export interface AttentionInputs {
  readonly q: Matrix;
  readonly keys: { readonly cache: Matrix; readonly fresh: Matrix };
  readonly values: { readonly cache: Matrix; readonly fresh: Matrix };
  readonly heads: number;
  readonly kvHeads: number;
  readonly scale: number;
  /** Per row of q. */
  readonly limits: readonly number[];
}

/** Attention of every row of every segment; other rows are zero. */
export function attention(
  inputs: AttentionInputs,
  segments: readonly AttentionSegment[],
): Matrix {
  const { q, heads, kvHeads, limits } = inputs;
  const dim = q.columns / heads;
  const out = new Float32Array(q.data.length);
  for (const segment of segments) {
    for (let i = segment.row; i < segment.row + segment.rows; i++) {
      const seen = segment.ranges.flatMap(({ source, position, count, row }) =>
        Array.from(
          { length: count },
          (_, k) => ({ source, row: row + k, position: position + k }),
        )
      ).filter(({ position }) => position < limits[i]!);
      for (let head = 0; head < heads; head++) {
        const kv = Math.floor(head / (heads / kvHeads)) * dim;
        const slice = (m: Matrix, r: number) =>
          row(m, r).subarray(kv, kv + dim);
        const query = row(q, i).subarray(head * dim, (head + 1) * dim);
        const scores = seen.map((key) =>
          dot(query, slice(inputs.keys[key.source], key.row)) * inputs.scale
        );
        const weights = softmax(scores);
        seen.forEach((key, at) => {
          const value = slice(inputs.values[key.source], key.row);
          for (let d = 0; d < dim; d++) {
            out[i * q.columns + head * dim + d]! += weights[at]! * value[d]!;
          }
        });
      }
    }
  }
  return { ...q, data: out };
}

/** Probabilities of logits. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const exps = values.map((value) => Math.exp(value - largest));
  const total = exps.reduce((sum, value) => sum + value, 0);
  return exps.map((value) => value / total);
}

/** What the head says of one request. */
export interface HeadResult {
  readonly token: number;
  readonly probability: number;
  readonly margin: number;
  readonly negEntropy: number;
  readonly maxLogit: number;
  /** Distribution that the token was drawn from. */
  readonly drawn: readonly number[];
}

type Round = (value: number) => number;

function rounded(logits: ArrayLike<number>, round: Round): number[] {
  return softmax(logits).map(round);
}

function filtered(
  logits: readonly number[],
  request: HeadRequest,
  round: Round,
): number[] {
  const { temperature = 0, topP = 1, topK = 0 } = request;
  let out = logits.map((x) => temperature > 0 ? round(x / temperature) : x);
  const order = () =>
    [...out.keys()].sort((a, b) => out[b]! - out[a]! || a - b);
  if (topP < 1) {
    const p = rounded(out, round);
    let before = 0;
    const dropped = new Set<number>();
    order().forEach((id, rank) => {
      if (rank > 0 && round(before) > round(topP)) dropped.add(id);
      before += p[id]!;
    });
    out = out.map((x, id) => dropped.has(id) ? -Infinity : x);
  }
  if (topK > 0 && topK < out.length) {
    const kth = out[order()[topK - 1]!]!;
    out = out.map((x) => x >= kth ? x : -Infinity);
  }
  return out;
}

/**
 * Token, confidence and distribution of one request, from its logits; ids of `barred` cannot be drawn. Under `bf16` every step
 * that a bfloat16 reference stores is rounded.
 */
export function head(
  logits: ArrayLike<number>,
  request: HeadRequest,
  barred: readonly number[] = [],
): HeadResult {
  const round: Round = request.bf16 ? toBf16 : (value) => value;
  const raw = Array.from(
    logits,
    (x, id) => barred.includes(id) ? -Infinity : round(x),
  );
  const drawn = rounded(filtered(raw, request, round), round);
  const { uniform = 0, entropyEpsilon = 1e-10 } = request;
  let token = drawn.indexOf(Math.max(...drawn));
  if ((request.temperature ?? 0) > 0) {
    const total = drawn.reduce((sum, p) => sum + p, 0);
    let cumulative = 0;
    token = drawn.findIndex((p) => (cumulative += p) > uniform * total);
  }
  const read = request.raw ? rounded(raw, round) : drawn;
  const [first, second = 0] = [...read].sort((a, b) => b - a);
  const products = read.filter((p) => p > 0).map((p) =>
    round(p * round(Math.log(round(p + entropyEpsilon))))
  );
  return {
    token,
    probability: read[token]!,
    margin: round(first! - second),
    negEntropy: round(products.reduce((sum, value) => sum + value, 0)),
    maxLogit: Math.max(...raw),
    drawn,
  };
}
