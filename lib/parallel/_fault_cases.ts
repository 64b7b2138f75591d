/** The decodes that faults strike, the faults that are tried, and what errors call them. Used by tests only. */
import { lopa } from "../decoding/lopa.ts";
import type { Decoder } from "../decoding/types.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import type { FaultKind, FaultPlace } from "./_faults.ts";
import type { RankPhase } from "./errors.ts";
import type { ProtocolName } from "./protocol.ts";

/** The protocols, one after another. */
export const PROTOCOLS = ["two-phase", "single-phase"] as const;

/** What is decoded. */
export const PROMPT = Int32Array.of(4, 8, 15, 16, 23, 42);

/** Long enough that only what hangs takes longer, on a busy machine too. */
export const PATIENT_MS = 60_000;

/** The model. */
export function tinySource(seed = 5): TensorSource {
  return randomSource(SHAPES.tiny, { seed, sharpness: 2 });
}

/** Four blocks, whose rounds go several ways. */
export function tinyDecoder(
  protocol: ProtocolName,
  { lookaheads = 3, visibility = "full" }: {
    readonly lookaheads?: number;
    /** Under the two-phase protocol. */
    readonly visibility?: "full" | "block-causal";
  } = {},
): Decoder {
  return lopa({
    ...{ lookaheads, blockSize: 8, maxNewTokens: 32 },
    ...{ addThreshold: 0.5, activateThreshold: 0.6, confidenceThreshold: 0.95 },
    visibility: protocol === "single-phase" ? "block-causal" : visibility,
  });
}

/** The phase that errors name for a place. */
export const PHASES: Readonly<Record<FaultPlace, RankPhase>> = {
  order: "order",
  stage: "commit",
  publish: "commit",
  receive: "commit",
  write: "commit",
  commit: "pre-write",
  fill: "pre-write",
  "pre-write": "pre-write",
  answer: "answer",
};

const ENDS = ["dies", "hangs"] as const;
const ALL = [...ENDS, "nan"] as const;

/** Places that a rank comes to under a protocol, and the kinds of fault that mean something there. */
const PLACES: Readonly<
  Record<ProtocolName, Partial<Record<FaultPlace, readonly FaultKind[]>>>
> = {
  "two-phase": {
    order: ENDS,
    stage: ALL,
    publish: ENDS,
    receive: ENDS,
    write: ENDS,
    "pre-write": ALL,
    answer: ENDS,
  },
  "single-phase": {
    order: ENDS,
    commit: ALL,
    fill: ENDS,
    "pre-write": ALL,
    answer: ENDS,
  },
};

/** A fault under a protocol. */
export interface FaultCase {
  readonly protocol: ProtocolName;
  readonly place: FaultPlace;
  readonly kind: FaultKind;
  /** For the names of tests. */
  readonly what: string;
}

/** Every fault that means something. */
export const FAULT_CASES: readonly FaultCase[] = PROTOCOLS.flatMap((protocol) =>
  Object.entries(PLACES[protocol]).flatMap(([place, kinds]) =>
    kinds.map((kind) => ({
      ...{ protocol, place: place as FaultPlace, kind },
      what: `${kind === "nan" ? "gives NaN" : kind} at ${place}`,
    }))
  )
);
