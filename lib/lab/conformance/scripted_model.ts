/**
 * A model that says the same of a position whatever it is asked: for cases whose confidences stand exactly at a threshold.
 *
 * @module
 */
import type { DiffusionModel, ModelSpec } from "../../model/types.ts";

/** What is said of one position. */
export interface ScriptedRow {
  readonly token?: number;
  /** Default 0.5. */
  readonly probability?: number;
  /** Default 0.5. */
  readonly margin?: number;
  /** Default -0.5. */
  readonly negEntropy?: number;
}

/** Ids and family of the scripted model. */
export const SCRIPTED_SPEC: ModelSpec = {
  family: "llada",
  vocabSize: 16,
  maskId: 15,
  eosId: 14,
  padId: 14,
  bosId: null,
  shift: false,
  maxPositions: 256,
  digest: "scripted",
};

/** `rows[i]` belongs to position `promptLength + i`; other positions get the defaults and token 1. */
export function scriptedModel(
  rows: readonly ScriptedRow[],
  { promptLength, spec = {} }: {
    readonly promptLength: number;
    readonly spec?: Partial<ModelSpec>;
  },
): DiffusionModel {
  const row = (position: number) => rows[position - promptLength] ?? {};
  const numbers = (
    positions: Int32Array,
    read: (row: ScriptedRow) => number,
  ) => Float32Array.from(positions, (position) => read(row(position)));
  return {
    spec: { ...SCRIPTED_SPEC, ...spec },
    open: () => ({
      forward: ({ branches }) =>
        Promise.resolve({
          rows: branches.reduce((sum, { tokens }) => sum + tokens.length, 0),
          branches: branches.map(({ predict: positions }) => ({
            positions,
            tokens: positions.map((position) => row(position).token ?? 1),
            probability: numbers(positions, (r) => r.probability ?? 0.5),
            margin: numbers(positions, (r) => r.margin ?? 0.5),
            negEntropy: numbers(positions, (r) => r.negEntropy ?? -0.5),
          })),
        }),
      close: () => {},
    }),
  };
}
