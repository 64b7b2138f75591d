/** Random tiny models, decodes over them, and what they must have met for a property to mean something. Used by tests only. */
import { assertGreater } from "@std/assert";
import fc from "fast-check";
import { library } from "../engine/_fixture.ts";
import { Device, type DeviceOptions } from "../engine/mod.ts";
import { NativeModel } from "../model/native_model.ts";
import { type NetworkShape, randomSource } from "../model/random_model.ts";
import type {
  DiffusionModel,
  ModelFamily,
  Predictions,
} from "../model/types.ts";
import { runDecode } from "./decode.ts";
import type { Trace } from "./trace_types.ts";
import type { Decoder, DecodeStep } from "./types.ts";

/** A model and a prompt. */
export interface TinyCase {
  readonly shape: NetworkShape;
  readonly weights: { readonly seed: number; readonly sharpness: number };
  /** Reduced to the vocabulary without MASK by {@linkcode promptOf}. */
  readonly prompt: readonly number[];
}

/** Models of some families: one to seven query heads per key head, odd widths, tied heads, flat and sharp predictions. */
export function tinyCasesOf(
  ...families: readonly ModelFamily[]
): fc.Arbitrary<TinyCase> {
  return fc.record({
    shape: fc.record({
      family: fc.constantFrom(...families),
      layers: fc.integer({ min: 1, max: 3 }),
      kvHeads: fc.integer({ min: 1, max: 2 }),
      group: fc.constantFrom(1, 2, 3, 7),
      headDim: fc.constantFrom(4, 6, 8, 14),
      mlpSize: fc.integer({ min: 8, max: 70 }),
      vocabSize: fc.integer({ min: 12, max: 64 }),
      tied: fc.boolean(),
    }).map(({ group, headDim, ...sizes }): NetworkShape => ({
      ...sizes,
      heads: group * sizes.kvHeads,
      hiddenSize: headDim * group * sizes.kvHeads,
      maxPositions: 64,
    })),
    weights: fc.record({
      seed: fc.nat(1e6),
      sharpness: fc.constantFrom(2, 5, 12),
    }),
    prompt: fc.array(fc.nat(1000), { minLength: 1, maxLength: 9 }),
  });
}

/** Models that fill masks. */
export const tinyCases: fc.Arbitrary<TinyCase> = tinyCasesOf("dream", "llada");

/** The prompt of a case, `[P]`. */
export function promptOf({ prompt, shape }: TinyCase): Int32Array {
  return Int32Array.from(prompt, (id) => id % (shape.vocabSize - 1));
}

const share = fc.double({ min: 0, max: 1, noNaN: true });

/** Options that D2F and LoPA have in common. */
export const blockOptions = fc.record({
  blockSize: fc.integer({ min: 1, max: 8 }),
  maxNewTokens: fc.integer({ min: 8, max: 24 }),
  addThreshold: share,
  activateThreshold: share,
  confidenceThreshold: fc.constantFrom(0.08, 0.2, 0.4, 0.7, 0.95),
  strategy: fc.constantFrom(
    "probability" as const,
    "margin" as const,
    "negEntropy" as const,
  ),
  temperature: fc.constantFrom(0, 0, 0.8),
  seed: fc.nat(1e6),
  confidenceDtype: fc.constantFrom("f32" as const, "bf16" as const),
  stopId: fc.option(fc.nat(11), { nil: null }),
});

/** Options of LoPA beyond them. */
export const branchOptions = fc.record({
  lookaheads: fc.integer({ min: 1, max: 5 }),
  branchTopP: share,
  creationWeight: share,
  visibility: fc.constantFrom("full" as const, "block-causal" as const),
});

/** The precisions in which every property is tested. */
export const DTYPES = ["f32", "bf16"] as const;

/** The model of a case on a device, for the length of `body`. */
export async function withModel<T>(
  { shape, weights }: Omit<TinyCase, "prompt">,
  options: { readonly device: Device; readonly dtype: "f32" | "bf16" },
  body: (model: NativeModel) => Promise<T>,
): Promise<T> {
  using model = await NativeModel.create(randomSource(shape, weights), options);
  try {
    return await body(model);
  } finally {
    model.close();
  }
}

/** A device of two threads unless told otherwise. */
export function openDevice(options: DeviceOptions = {}): Promise<Device> {
  return Device.open({ library: library!, threads: 2, ...options });
}

/** A decode with everything that the model answered. */
export interface ObservedRun {
  readonly trace: Trace;
  /** Answers to all forwards, without times. */
  readonly predictions: readonly Omit<Predictions, "nativeMs" | "work">[];
}

/** Decodes a prompt and keeps everything. */
export async function observe(
  model: DiffusionModel,
  decoder: Decoder,
  prompt: Int32Array,
): Promise<ObservedRun> {
  const predictions: Omit<Predictions, "nativeMs" | "work">[] = [];
  const recording: DiffusionModel = {
    spec: model.spec,
    open: (options) => {
      const session = model.open(options);
      return {
        forward: async (request) => {
          const { nativeMs: _, work: __, ...answer } = await session.forward(
            request,
          );
          predictions.push(answer);
          return answer;
        },
        close: () => session.close(),
      };
    },
  };
  const { steps, result } = await runDecode(recording, decoder, prompt);
  const { name, options } = decoder;
  const header = {
    decoder: { name, options },
    model: model.spec,
    vocabulary: { digest: "none" },
    stopStrings: [],
    prompt: { text: null, ids: [...prompt] },
    sample: 0,
    seed: typeof options.seed === "number" ? options.seed : null,
  };
  return { trace: { header, steps, result, timings: [] }, predictions };
}

/** What the decodes of one property met. */
export class Coverage {
  /** Steps, tokens by the rule that wrote them, lookaheads that won, rounds of several branches, rounds with generated cache. */
  readonly counts = {
    steps: 0,
    threshold: 0,
    forced: 0,
    accepted: 0,
    branched: 0,
    cached: 0,
  };

  /** Counts the steps of one decode. */
  add({ header, steps }: Trace): void {
    const { counts } = this;
    for (const step of steps) {
      counts.steps++;
      counts.threshold += fillsOf(step, "threshold");
      counts.forced += fillsOf(step, "forced");
      counts.accepted += step.accepted === undefined ? 0 : 1;
      counts.branched += step.branches.length > 1 ? 1 : 0;
      counts.cached += step.cached > header.prompt.ids.length ? 1 : 0;
    }
  }

  /** Fails unless each of these was met more than 10 times. */
  check(...kinds: (keyof Coverage["counts"])[]): void {
    for (const kind of kinds) {
      assertGreater(this.counts[kind], 10, `hardly any case met "${kind}"`);
    }
  }
}

function fillsOf({ fills }: DecodeStep, kind: string): number {
  return fills.filter((fill) => fill.kind === kind).length;
}
