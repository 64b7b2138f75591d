/**
 * What a sampler makes of given logits: by the library's functions, or by the engine's output head.
 *
 * @module
 */
import { GREEDY } from "../../model/greedy.ts";
import {
  type Device,
  type HeadRequest,
  ParameterLayout,
  ParameterTable,
  RESULT_BYTES,
} from "../../engine/mod.ts";
import { CommandEncoder } from "../../engine/mod.ts";
import { confidence } from "../../model/confidence.ts";
import type { SamplingOptions } from "../../model/types.ts";

/** What a sampler says of one row of logits. */
export interface SampledRow {
  readonly token: number;
  readonly probability: number;
  readonly margin: number;
  readonly negEntropy: number;
  /** Probability of every id, `[vocab]`. */
  readonly distribution: Float32Array;
}

/** Reads rows of logits, `[rows][vocab]`. */
export type RowSampler = (
  logits: readonly (readonly number[])[],
  options: Partial<SamplingOptions>,
) => Promise<SampledRow[]>;

/** The library's functions. */
export const librarySampler: RowSampler = (logits, options) =>
  Promise.resolve(
    logits.map((row) =>
      confidence(Float32Array.from(row), { ...GREEDY, ...options }, {
        uniform: 0.5,
      })
    ),
  );

/** The engine's output head, over hidden states that are the logits and a head that is the identity. */
export function engineSampler(device: Device): RowSampler {
  return async (logits, options) => {
    const sampling = { ...GREEDY, ...options };
    const rows = logits.length, vocab = logits[0]!.length;
    const layout = new ParameterLayout();
    const requestsAt = layout.reserveRequests(rows);
    const barredAt = layout.reserveIds(0);
    const table = new ParameterTable(layout);
    const request: Omit<HeadRequest, "row"> = {
      temperature: sampling.temperature,
      topP: sampling.topP ?? 1,
      topK: sampling.topK ?? 0,
      entropyEpsilon: sampling.entropyEpsilon,
      uniform: 0.5,
      raw: sampling.confidenceFrom === "raw",
    };
    table.setRequests(
      requestsAt,
      logits.map((_, row) => ({ row, ...request })),
    );
    const weight = device.weight({ dtype: "f32", rows: vocab, columns: vocab });
    const hidden = device.buffer(4 * rows * vocab);
    const params = device.buffer(4 * layout.words);
    const resultBytes = RESULT_BYTES * rows, pairBytes = 8 * vocab * rows;
    const output = device.buffer(resultBytes + pairBytes);
    try {
      weight.writeRows(identity(vocab), { dtype: "f32", rows: vocab });
      hidden.write(Float32Array.from(logits.flat()));
      const encoder = new CommandEncoder({ params, output });
      encoder.head({
        hidden,
        weight,
        out: output,
        top: { id: output.id, offset: resultBytes },
        hiddenStride: vocab,
        maxRows: rows,
        vocab,
        requestsAt,
        maxRequests: rows,
        barredAt,
        topCount: vocab,
      });
      const out = new Uint8Array(resultBytes + pairBytes);
      await device.submit(encoder.finish(), { params: table.words, out });
      return logits.map((_, row) => readRow(out, { row, rows, vocab }));
    } finally {
      for (const resource of [weight, hidden, params, output]) {
        resource.destroy();
      }
    }
  };
}

function identity(size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function readRow(
  bytes: Uint8Array<ArrayBuffer>,
  { row, rows, vocab }: { row: number; rows: number; vocab: number },
): SampledRow {
  const view = new DataView(bytes.buffer);
  const at = RESULT_BYTES * row;
  const pairs = RESULT_BYTES * rows + 8 * vocab * row;
  const distribution = new Float32Array(vocab);
  for (let i = 0; i < vocab; i++) {
    const id = view.getInt32(pairs + 8 * i, true);
    distribution[id] = view.getFloat32(pairs + 8 * i + 4, true);
  }
  return {
    token: view.getInt32(at, true),
    probability: view.getFloat32(at + 4, true),
    margin: view.getFloat32(at + 8, true),
    negEntropy: view.getFloat32(at + 12, true),
    distribution,
  };
}
