/**
 * Cases that no recording holds: confidences exactly at a threshold, exact ties, and the vectors of the samplers' definitions.
 * What must come out follows from the definitions (arXiv 2505.22618, 2508.09192, 2509.26488, 2512.16229 and their code).
 *
 * @module
 */
import { runDecode } from "../../decoding/decode.ts";
import { d2f } from "../../decoding/d2f.ts";
import {
  dparallelDream,
  dparallelLlada,
} from "../../decoding/entropy_threshold.ts";
import { fastDllmLlada } from "../../decoding/fast_dllm_llada.ts";
import { lladaVanilla } from "../../decoding/llada_vanilla.ts";
import { lopa } from "../../decoding/lopa.ts";
import type { Decoder, DecodeStep } from "../../decoding/types.ts";
import type { ModelSpec } from "../../model/types.ts";
import { type CaseOutcome, type Comparison, runCase } from "./outcome.ts";
import { scriptedModel, type ScriptedRow } from "./scripted_model.ts";

const PROMPT = [1, 2];

/** Decodes from a scripted model and gives the steps. */
async function steps(
  decoder: Decoder,
  rows: readonly ScriptedRow[],
  spec: Partial<ModelSpec> = {},
): Promise<readonly DecodeStep[]> {
  const model = scriptedModel(rows, { promptLength: PROMPT.length, spec });
  return (await runDecode(model, decoder, Int32Array.from(PROMPT))).steps;
}

/** Offsets behind the prompt that each step writes. */
function written(run: readonly DecodeStep[]): number[][] {
  return run.map((step) =>
    step.fills.map(({ position }) => position - PROMPT.length)
  );
}

const at = (...probabilities: number[]): ScriptedRow[] =>
  probabilities.map((probability) => ({
    probability,
    negEntropy: probability - 1,
  }));
const entropies = (...values: number[]): ScriptedRow[] =>
  values.map((entropy) => ({ negEntropy: -entropy }));

const DREAM: Partial<ModelSpec> = { family: "dream", shift: true };
const FOUR = { maxNewTokens: 4, blockSize: 4 };

type Property = readonly [
  name: string,
  run: (check: Comparison) => Promise<void>,
];

/** A property whose case is what the steps write. */
function writes(
  name: string,
  given: {
    readonly decoder: () => Decoder;
    readonly rows: readonly ScriptedRow[];
    readonly want: readonly (readonly number[])[];
    readonly spec?: Partial<ModelSpec>;
  },
): Property {
  return [name, async (check) => {
    const run = await steps(given.decoder(), given.rows, given.spec);
    check.equal("positions written", { got: written(run), want: given.want });
  }];
}

const D2F = { ...FOUR, confidenceThreshold: 0.75 };

const PROPERTIES: readonly Property[] = [
  writes("d2f: a probability equal to the threshold does not pass", {
    decoder: () => d2f(D2F) as Decoder,
    rows: at(0.75, 0.75, 0.8, 0.7),
    want: [[2], [0], [1], [3]],
    spec: DREAM,
  }),
  writes("lopa: a probability equal to the threshold does not pass", {
    decoder: () => lopa({ ...D2F, lookaheads: 0 }) as Decoder,
    rows: at(0.75, 0.75, 0.8, 0.7),
    want: [[2], [0], [1], [3]],
    spec: DREAM,
  }),
  writes("d2f on LLaDA: a probability equal to the threshold does not pass", {
    decoder: () => d2f({ ...D2F, rule: "llada" }) as Decoder,
    rows: at(0.8, 0.75, 0.9, 0.75),
    want: [[0, 2], [1], [3]],
  }),
  writes("d2f: of equally confident tokens the first is forced", {
    decoder: () => d2f({ ...D2F, confidenceThreshold: 2 }) as Decoder,
    rows: at(0.5, 0.625, 0.625, 0.625),
    want: [[1], [2], [3], [0]],
    spec: DREAM,
  }),
  writes("d2f: a progress equal to the thresholds appends and activates", {
    decoder: () =>
      d2f({
        maxNewTokens: 8,
        blockSize: 4,
        confidenceThreshold: 0.75,
        addThreshold: 0.5,
        activateThreshold: 0.75,
      }) as Decoder,
    rows: at(0.9, 0.9, 0.5, 0.5, 0.6, 0.5, 0.5, 0.5),
    want: [[0, 1], [2], [3, 4], [5], [6], [7]],
    spec: DREAM,
  }),
  [
    "lopa: of equal candidates the lower position goes first, of equal branches the earlier wins",
    async (check) => {
      const decoder = lopa({ ...D2F, confidenceThreshold: 2, lookaheads: 2 });
      const rows = at(0.625, 0.5, 0.5, 0.5);
      const [first, second] = await steps(decoder as Decoder, rows, DREAM);
      check.equal("lookahead positions", {
        got: first!.spawned!.map(({ position }) => position),
        want: [3, 4, null],
      });
      check.equal("winner", { got: second!.winner, want: 0 });
      check.equal("tied", { got: second!.tied, want: 3 });
    },
  ],
  [
    "lopa: what the winner carried is kept, what it fills comes from the same forward",
    async (check) => {
      const decoder = lopa({ ...D2F, lookaheads: 1 });
      const [, second] = await steps(
        decoder as Decoder,
        at(0.7, 0.5, 0.5, 0.5),
        {
          ...DREAM,
        },
      );
      check.equal("accepted", {
        got: second!.accepted,
        want: { position: 3, token: 1 },
      });
      check.equal("filled", { got: written([second!]), want: [[2]] });
    },
  ],
  writes("fast-dllm: a probability equal to the threshold passes", {
    decoder: () => fastDllmLlada({ ...FOUR, threshold: 0.75 }),
    rows: at(0.95, 0.75, 0.7, 0.2),
    want: [[0, 1], [2], [3]],
  }),
  writes("fast-dllm: .95 .9 .89 under .9 writes two, .3 .2 one by one", {
    decoder: () =>
      fastDllmLlada({ maxNewTokens: 5, blockSize: 5, threshold: 0.9 }),
    rows: at(0.95, 0.9, 0.89, 0.3, 0.2),
    want: [[0, 1], [2], [3], [4]],
  }),
  writes("fast-dllm: the factor rule takes all when only the last one fails", {
    decoder: () => fastDllmLlada({ ...FOUR, rule: "factor", factor: 1 }),
    rows: at(0.99, 0.98, 0.97, 0.5),
    want: [[0, 1, 2, 3]],
  }),
  writes("fast-dllm: the factor rule stops at the first that fails", {
    decoder: () =>
      fastDllmLlada({
        maxNewTokens: 5,
        blockSize: 5,
        rule: "factor",
        factor: 1,
      }),
    rows: at(0.99, 0.9, 0.5, 0.4, 0.3),
    want: [[0, 1], [2], [3, 4]],
  }),
  writes("dparallel on Dream: an entropy equal to the threshold fails", {
    decoder: () => dparallelDream({ ...FOUR, entropyThreshold: 0.5 }),
    rows: entropies(0.5, 0.25, 0.5, 0.375),
    want: [[1, 3], [0], [2]],
    spec: DREAM,
  }),
  writes("dparallel on LLaDA: an entropy equal to the threshold passes", {
    decoder: () => dparallelLlada({ ...FOUR, entropyThreshold: 0.5 }),
    rows: entropies(0.5, 0.25, 0.75, 0.75),
    want: [[0, 1], [2], [3]],
  }),
  writes("llada: of equal probabilities the lower position is written", {
    decoder: () => lladaVanilla({ ...FOUR, steps: 4 }),
    rows: at(0.5, 0.5, 0.5, 0.5),
    want: [[0], [1], [2], [3]],
  }),
];

/** All properties. */
export async function* propertyCases(): AsyncGenerator<CaseOutcome> {
  for (const [name, run] of PROPERTIES) {
    yield await runCase({ group: "properties", name }, run);
  }
}
