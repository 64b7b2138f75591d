/**
 * The records of a trace as codecs, one per type of {@link "./types.ts"} and {@link "./trace_types.ts"}.
 *
 * @module
 */
import type { ModelSpec } from "../model/types.ts";
import {
  type Codec,
  count,
  FieldError,
  flag,
  integer,
  list,
  nullable,
  oneOf,
  real,
  record,
  text,
  truth,
  tuple,
} from "./trace_codec.ts";
import { sortedKeys } from "./trace_json.ts";
import type {
  TraceHeader,
  TraceTiming,
  TraceVocabulary,
} from "./trace_types.ts";
import type {
  BlockRecord,
  BranchRecord,
  DecodeResult,
  DecodeStep,
  Fill,
  SpawnRecord,
} from "./types.ts";

const model: Codec<ModelSpec> = record<ModelSpec>({
  family: oneOf(["dream", "llada", "qwen2"]),
  vocabSize: count,
  maskId: nullable(count),
  eosId: count,
  padId: count,
  bosId: nullable(count),
  shift: truth,
  maxPositions: count,
  digest: text,
}, {});

/** JSON objects of any content, keys sorted. */
const options: Codec<Readonly<Record<string, unknown>>> = {
  encode: sortedKeys,
  decode(value, path) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new FieldError(path, { wanted: "an object", value });
    }
    return value as Record<string, unknown>;
  },
};

const vocabulary: Codec<TraceVocabulary> = {
  encode: (value) => value,
  decode(value, path) {
    const strings = record<{ strings: readonly string[] }>(
      { strings: list(text) },
      {},
    );
    const digest = record<{ digest: string }>({ digest: text }, {});
    const hasStrings = typeof value === "object" && value !== null &&
      "strings" in value;
    return (hasStrings ? strings : digest).decode(value, path);
  },
};

/** The `header` record, without `type`, `format` and `version`. */
export const headerCodec: Codec<TraceHeader> = record<TraceHeader>({
  decoder: record<TraceHeader["decoder"]>({ name: text, options }, {}),
  model,
  vocabulary,
  stopStrings: list(text),
  prompt: record<TraceHeader["prompt"]>(
    { text: nullable(text), ids: list(count) },
    {},
  ),
  sample: count,
  seed: nullable(integer),
}, {});

const fill: Codec<Fill> = tuple<Fill>({
  position: count,
  token: count,
  score: real,
  probability: real,
  kind: oneOf(["threshold", "forced", "quota", "random", "free"]),
});

const branch: Codec<BranchRecord> = tuple<BranchRecord>({
  id: integer,
  anchor: flag,
  score: nullable(real),
  masks: count,
  length: count,
});

const block: Codec<BlockRecord> = tuple<BlockRecord>({
  start: count,
  end: count,
  masks: count,
  state: oneOf(["active", "to_cache", "in_cache"]),
  activated: flag,
});

const spawn: Codec<SpawnRecord> = tuple<SpawnRecord>({
  id: integer,
  anchor: flag,
  position: nullable(count),
  token: nullable(count),
  confidence: real,
  eosSeen: flag,
});

/** The `step` record, without `type`. */
export const stepCodec: Codec<DecodeStep> = record<DecodeStep>({
  index: count,
  window: tuple<DecodeStep["window"]>({ start: count, length: count }),
  cached: count,
  commitRows: count,
  positions: count,
  branches: list(branch),
  winner: count,
  fills: list(fill),
}, {
  accepted: tuple<{ readonly position: number; readonly token: number }>({
    position: count,
    token: count,
  }),
  block: count,
  pass: oneOf(["refresh", "cached"]),
  quota: count,
  masked: count,
  considered: count,
  transferProbability: real,
  uniforms: list(real),
  prefixEnd: count,
  fallbacks: count,
  eosSeen: truth,
  blocks: list(block),
  spawned: list(spawn),
  finished: list(integer),
  tied: count,
  duplicates: count,
});

const resultFields = record<
  Omit<DecodeResult, "ids"> & { readonly ids: readonly number[] }
>({
  ids: list(count),
  forwards: count,
  branchForwards: count,
  referenceSteps: count,
}, {});

/** The `result` record, without `type`. */
export const resultCodec: Codec<DecodeResult> = {
  encode: (value) => resultFields.encode({ ...value, ids: [...value.ids] }),
  decode(value, path) {
    const fields = resultFields.decode(value, path);
    return { ...fields, ids: Int32Array.from(fields.ids) };
  },
};

/** The `timing` record, without `type`. */
export const timingCodec: Codec<TraceTiming> = record<TraceTiming>(
  { step: count, wallMs: real },
  { nativeMs: real },
);
