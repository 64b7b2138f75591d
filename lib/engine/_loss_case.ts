/** Runs the token loss of the engine on given logits. Used by tests only. */
import { upload } from "./_fixture.ts";
import type { LossProblem, RowLoss } from "./_loss_oracle.ts";
import { LOSS_FLAGS, LOSS_RESULT_BYTES, LOSS_WORDS } from "./abi.ts";
import type { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";

/** Where the matrices lie. */
export interface LossPlaces {
  /** Elements behind each row of logits, teacher and gradient. Default 0. */
  readonly padding?: number;
  /** Whether the gradient takes the place of the logits. Default false. */
  readonly inPlace?: boolean;
  /** Rows that the record has room for. Default the problem's. */
  readonly maxRows?: number;
}

/** What the engine answers. */
export interface LossAnswer {
  readonly losses: RowLoss[];
  /** Rows of `vocab` numbers. */
  readonly gradient: Float32Array;
  /** Everything that the results and the gradient's buffer hold, as bits. */
  readonly bits: Uint32Array;
}

/** What untouched elements of the gradient hold. */
export const UNTOUCHED = 7.5;

/** The words of a problem: the table of rows, then that of groups, which begins at the returned index. */
export function lossWords(problem: LossProblem): {
  words: Int32Array<ArrayBuffer>;
  groupsAt: number;
} {
  const { rows, groups = [] } = problem;
  const groupsAt = 1 + LOSS_WORDS * rows.length;
  const words = new Int32Array(groupsAt + 1 + groups.length);
  const view = new DataView(words.buffer);
  words[0] = rows.length;
  rows.forEach(({ target, hard = 0, soft = 0, group = -1 }, r) => {
    const at = 1 + LOSS_WORDS * r;
    words[at] = target;
    view.setFloat32(4 * at + 4, hard, true);
    view.setFloat32(4 * at + 8, soft, true);
    words[at + 3] = group;
  });
  words[groupsAt] = groups.length;
  groups.forEach((weight, g) =>
    view.setFloat32(4 * (groupsAt + 1 + g), weight, true)
  );
  return { words, groupsAt };
}

function padded(
  problem: LossProblem,
  source: ArrayLike<number>,
  rows: number,
  stride: number,
): Float32Array {
  const data = new Float32Array(rows * stride).fill(UNTOUCHED);
  for (let i = 0; i < source.length; i++) {
    const row = Math.floor(i / problem.vocab);
    data[row * stride + i % problem.vocab] = source[i]!;
  }
  return data;
}

/** Runs it once. */
export async function runLoss(
  device: Device,
  problem: LossProblem,
  places: LossPlaces = {},
): Promise<LossAnswer> {
  const { vocab, rows, groups = [], teacher } = problem;
  const { padding = 0, inPlace = false, maxRows = rows.length } = places;
  const stride = vocab + padding;
  const { words, groupsAt } = lossWords(problem);
  using params = device.buffer(words.byteLength + 4 * LOSS_WORDS * maxRows);
  using logits = upload(
    device,
    padded(problem, problem.logits, maxRows, stride),
  );
  using soft = upload(device, padded(problem, teacher ?? [], maxRows, stride));
  using fresh = upload(device, padded(problem, [], maxRows, stride));
  const dlogits = inPlace ? logits : fresh;
  using out = device.buffer(LOSS_RESULT_BYTES * maxRows);
  const encoder = new CommandEncoder({ params });
  encoder.tokenLoss({
    logits,
    ...(teacher ? { teacher: soft } : {}),
    dlogits,
    out,
    vocab,
    logitsStride: stride,
    teacherStride: stride,
    dlogitsStride: stride,
    rowsAt: 0,
    groupsAt,
    maxRows,
    maxGroups: groups.length,
    flags: problem.reverseKl ? LOSS_FLAGS.reverseKl : 0,
    temperature: problem.temperature ?? 1,
  });
  await device.submit(encoder.finish(), { params: words });

  const results = out.read(new Float32Array(4 * maxRows));
  const all = dlogits.read(new Float32Array(maxRows * stride));
  const gradient = new Float32Array(rows.length * vocab);
  rows.forEach((_, r) =>
    gradient.set(all.subarray(r * stride, r * stride + vocab), r * vocab)
  );
  return {
    losses: rows.map((_, r) => ({
      hard: results[4 * r]!,
      soft: results[4 * r + 1]!,
      entropy: results[4 * r + 2]!,
      correct: results[4 * r + 3] === 1,
    })),
    gradient,
    bits: Uint32Array.of(
      ...new Uint32Array(results.buffer),
      ...new Uint32Array(all.buffer),
    ),
  };
}
