/**
 * TPF against lookaheads, 0 to 14, on the tiny models: LoPA Fig. 4 and 5 as trends, with what the gain costs and how far the
 * answers stay those of one token per step.
 *
 * @module
 */
import { loadPaperTable } from "../paper.ts";
import type { Mode } from "../cell.ts";
import {
  TINY_MODELS,
  tinyClaimId,
  type TinyModel,
} from "../claims/tiny_claims.ts";
import type { CellContext, CellPlan, Experiment } from "../experiment.ts";
import { canonicalJson, sha256 } from "../json.ts";
import { decodeTrace } from "./decode_trace.ts";
import {
  type DecoderData,
  decoderData,
  type Method,
  methodName,
} from "./methods.ts";
import { scalingFigures } from "./tpf_scaling_figures.ts";
import { measureScaling, SCALING_TRENDS } from "./tpf_scaling_measure.ts";
import { type ScalingResult, summariseTraces } from "./tpf_scaling_result.ts";
import { scalingTables } from "./tpf_scaling_tables.ts";
import type { TinyModels } from "./tiny_models.ts";
import { PROMPT_SEED, toyPrompts } from "./toy_prompts.ts";
import { INTERVAL_SEED } from "./tpf_scaling_rows.ts";

/** A cell: one model, one method, all prompts of the mode. */
export type ScalingParameters = {
  readonly model: TinyModel;
  readonly method: Method;
  readonly decoder: DecoderData;
};

const PROMPTS: Record<Mode, number> = { quick: 12, default: 36, full: 120 };

const LOOKAHEADS: Record<Mode, readonly number[]> = {
  quick: [0, 1, 2, 3, 5, 7, 10, 14],
  default: Array.from({ length: 15 }, (_, k) => k),
  full: Array.from({ length: 15 }, (_, k) => k),
};

function methods(mode: Mode): Method[] {
  const others = [
    "vanilla",
    "few-step",
    "threshold",
    "entropy",
    "one-token",
    "d2f",
  ] as const;
  return [
    ...others.map((name) => ({ name })),
    ...LOOKAHEADS[mode].map((k) => ({ name: "lopa", lookaheads: k }) as const),
  ];
}

/** Rough seconds per prompt on two cores. */
function secondsPerPrompt({ name }: Method): number {
  return name === "vanilla" ? 0.15 : name === "lopa" ? 0.06 : 0.07;
}

/** The experiment; `models` is closed with it. */
export function tpfScaling(
  models: TinyModels,
): Experiment<ScalingParameters, ScalingResult> {
  const prompts = new Map<string, readonly string[]>();

  async function plan(mode: Mode): Promise<CellPlan<ScalingParameters>[]> {
    const texts = toyPrompts(PROMPTS[mode]);
    const task = sha256(canonicalJson(texts));
    prompts.set(task, texts);
    const plans = [];
    for (const model of TINY_MODELS) {
      const { digest, family } = await models.facts(model);
      for (const method of methods(mode)) {
        plans.push({
          parameters: { model, method, decoder: decoderData(method, family) },
          label: `${model} ${methodName(method)}`,
          model: digest,
          task,
          precision: "f32",
          seconds: texts.length * secondsPerPrompt(method),
        });
      }
    }
    return plans;
  }

  async function run(
    { parameters, task }: CellPlan<ScalingParameters>,
    { signal, report }: CellContext,
  ): Promise<ScalingResult> {
    const open = await models.open(parameters.model);
    const texts = prompts.get(task!)!;
    const traces = [];
    for (const [sample, prompt] of texts.entries()) {
      traces.push(
        await decodeTrace(open, parameters.decoder, {
          prompt,
          sample,
          signal,
        }),
      );
      report(sample + 1, texts.length);
    }
    return summariseTraces(traces, open.tokenizer);
  }

  return {
    id: "tpf-scaling",
    title: "Tokens per forward against lookaheads",
    version: 1,
    reproduces: ["LoPA Fig. 4", "LoPA Fig. 5", "LoPA Table 1"],
    timing: false,
    seeds: [PROMPT_SEED, INTERVAL_SEED],
    claims: TINY_MODELS.flatMap((model) =>
      SCALING_TRENDS.map((name) => tinyClaimId(name, model))
    ),
    plan,
    run,
    measure: measureScaling,
    tables: scalingTables,
    async figures(cells) {
      const [fig4, fig5] = await Promise.all([
        loadPaperTable("lopa_fig4"),
        loadPaperTable("lopa_fig5"),
      ]);
      return scalingFigures(cells, { fig4: fig4.rows, fig5: fig5.rows });
    },
    close: () => models.close(),
  };
}
