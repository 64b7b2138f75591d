/** Runs the output head of the engine on given logits. Used by tests only. */
import { upload } from "./_fixture.ts";
import type { Matrix } from "./_oracle.ts";
import { RESULT_BYTES } from "./abi.ts";
import type { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import {
  type HeadRequest,
  ParameterLayout,
  ParameterTable,
} from "./parameters.ts";

/** What the engine answers. */
export interface HeadAnswer {
  readonly token: number;
  readonly probability: number;
  readonly margin: number;
  readonly negEntropy: number;
  readonly maxLogit: number;
  /** Ids and probabilities, most probable first. */
  readonly top: { readonly id: number; readonly probability: number }[];
  readonly logits: Float32Array;
}

/** What the head is run on. */
export interface HeadCase {
  /** Used as hidden states before an identity as head, so that they are the logits. */
  readonly logits: Matrix;
  readonly boundary?: Matrix;
  readonly requests: readonly HeadRequest[];
  readonly barred?: readonly number[];
  readonly topCount?: number;
}

/** Runs it once. */
export async function runHead(
  device: Device,
  given: HeadCase,
): Promise<HeadAnswer[]> {
  const { logits, boundary, requests, barred = [], topCount = 0 } = given;
  const vocab = logits.columns;
  const maxRequests = Math.max(1, requests.length);
  const layout = new ParameterLayout();
  const requestsAt = layout.reserveRequests(maxRequests);
  const barredAt = layout.reserveIds(barred.length);
  const table = new ParameterTable(layout);
  table.setRequests(requestsAt, requests);
  table.setIds(barredAt, barred);

  using weight = device.weight({ dtype: "f32", rows: vocab, columns: vocab });
  const identity = new Float32Array(vocab * vocab);
  for (let i = 0; i < vocab; i++) identity[i * vocab + i] = 1;
  weight.writeRows(identity, { dtype: "f32", rows: vocab });

  using params = device.buffer(table.words.byteLength);
  using out = device.buffer(RESULT_BYTES * maxRequests);
  using top = device.buffer(8 * Math.max(1, topCount) * maxRequests);
  using raw = device.buffer(4 * vocab * maxRequests);
  using hidden = upload(device, logits.data);
  using edge = boundary ? upload(device, boundary.data) : device.buffer(4);
  const encoder = new CommandEncoder({ params });
  encoder.head({
    hidden,
    ...(boundary ? { boundary: edge, boundaryRows: boundary.rows } : {}),
    out,
    ...(topCount > 0 ? { top, topCount } : {}),
    logits: raw,
    weight,
    hiddenStride: vocab,
    maxRows: logits.rows,
    vocab,
    requestsAt,
    maxRequests,
    barredAt,
  });
  await device.submit(encoder.finish(), { params: table.words });

  const results = new DataView(out.read(new Uint8Array(out.bytes)).buffer);
  const pairs = new DataView(top.read(new Uint8Array(top.bytes)).buffer);
  const all = raw.read(new Float32Array(vocab * maxRequests));
  return requests.map((_, r) => {
    const at = RESULT_BYTES * r;
    const number = (word: number) => results.getFloat32(at + 4 * word, true);
    return {
      token: results.getInt32(at, true),
      probability: number(1),
      margin: number(2),
      negEntropy: number(3),
      maxLogit: number(4),
      top: Array.from({ length: topCount }, (_, rank) => {
        const pair = 8 * (topCount * r + rank);
        return {
          id: pairs.getInt32(pair, true),
          probability: pairs.getFloat32(pair + 4, true),
        };
      }),
      logits: all.slice(vocab * r, vocab * (r + 1)),
    };
  });
}
