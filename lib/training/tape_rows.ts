/**
 * Rows by index: the embedding lookup, and the choice of the rows that carry a loss. Their gradients add rows to a table.
 *
 * @module
 */
import type { EmbeddingWeights } from "./network.ts";
import { fillGradient, type Tape, type Value } from "./tape.ts";

/** A token that no row holds. */
const NO_TOKEN = 0xffffffff;

/** `output[i] = table[token i]`, tokens from word `tokensAt` on. */
export function embedding(
  tape: Tape,
  { weights, output, tokensAt }: {
    readonly weights: EmbeddingWeights;
    readonly output: Value;
    readonly tokensAt: number;
  },
): void {
  const { encoder } = tape;
  encoder.embed({
    weight: weights.table,
    out: output.data,
    outStride: output.stride,
    ...output.rows,
    tokensAt,
  });
  const { gradient } = weights;
  if (gradient === null) return;
  tape.onBackward(() =>
    encoder.embedGrad({
      dout: output.gradient!,
      doutStride: output.stride,
      dtable: gradient,
      vocab: weights.table.options.rows,
      k: output.width,
      ...output.rows,
      tokensAt,
      skip: weights.padding ?? NO_TOKEN,
    })
  );
}

/**
 * `output[i] = input[index i]`: runs of rows as a copy table at `copiesAt`, and the same indices one by one from `indicesAt` on.
 * The input gets no other gradient than this one.
 */
export function gatherRows(
  tape: Tape,
  { input, output, copiesAt, indicesAt }: {
    readonly input: Value;
    readonly output: Value;
    readonly copiesAt: number;
    readonly indicesAt: number;
  },
): void {
  const { encoder } = tape;
  const rowBytes = 4 * input.width;
  encoder.copyRows({
    src: input.data,
    dst: output.data,
    rowBytes,
    srcPlaneBytes: rowBytes * input.rows.maxRows,
    dstPlaneBytes: rowBytes * output.rows.maxRows,
    srcRows: input.rows.maxRows,
    dstRows: output.rows.maxRows,
    planes: 1,
    tableAt: copiesAt,
    maxEntries: output.rows.maxRows,
  });
  tape.onBackward(() => {
    fillGradient(encoder, input);
    encoder.embedGrad({
      dout: output.gradient!,
      doutStride: output.stride,
      dtable: input.gradient!,
      vocab: input.rows.maxRows,
      k: input.width,
      ...output.rows,
      tokensAt: indicesAt,
      skip: NO_TOKEN,
    });
  });
}
