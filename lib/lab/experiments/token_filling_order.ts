/**
 * Which forward fills which position: vanilla decoding, a confidence threshold, D2F and LoPA on one prompt. Whole traces are
 * kept, so figures and animations need no model.
 *
 * @module
 */
import { parseTrace } from "../../decoding/trace_reader.ts";
import { traceText } from "../../decoding/trace_writer.ts";
import { decoderRace } from "../../figures/decoder_race.ts";
import {
  fillOrder,
  fillOrderFigure,
  type FillOrderRow,
} from "../../figures/fill_order.ts";
import { fillReplay } from "../../figures/fill_replay.ts";
import type { Mode } from "../cell.ts";
import { TINY_MODELS, type TinyModel } from "../claims/tiny_claims.ts";
import type { CellPlan, CellResult, Experiment } from "../experiment.ts";
import { canonicalJson, sha256 } from "../json.ts";
import { answerOf, decodeTrace, tokenText } from "./decode_trace.ts";
import {
  type DecoderData,
  decoderData,
  type Method,
  methodName,
} from "./methods.ts";
import type { TinyModels } from "./tiny_models.ts";
import { GOLDEN_PROMPTS } from "./toy_prompts.ts";

/** A cell: one model, one method, one prompt. */
export type FillingParameters = {
  readonly model: TinyModel;
  readonly method: Method;
  readonly decoder: DecoderData;
  readonly prompt: string;
};

/** A cell's result: the whole trace as JSON Lines. */
export type FillingResult = {
  readonly answer: string;
  readonly trace: string;
};

/** A finished cell. */
export type FillingCell = CellResult<FillingParameters, FillingResult>;

/** The prompt and the model that the figures show. */
export const SHOWN_PROMPT = "Q:22+10=?", SHOWN_MODEL = "dream-tiny";

const METHODS: readonly Method[] = [
  { name: "vanilla" },
  { name: "threshold" },
  { name: "d2f" },
  { name: "lopa", lookaheads: 7 },
];

const TITLES: Readonly<Record<string, string>> = {
  vanilla: "Vanilla",
  threshold: "Threshold 0.9",
  d2f: "D2F",
  "lopa-7": "LoPA, 7 lookaheads",
};

const PROMPTS: Record<Mode, readonly string[]> = {
  quick: [SHOWN_PROMPT],
  default: [SHOWN_PROMPT],
  full: GOLDEN_PROMPTS,
};

/** Filled positions of a cell, in the order they were written. */
export function cellFills({ plan, result }: FillingCell): FillOrderRow[] {
  const trace = parseTrace(result.trace);
  const name = methodName(plan.parameters.method);
  return fillOrder(trace.steps, {
    decoder: TITLES[name] ?? name,
    promptLength: trace.header.prompt.ids.length,
  });
}

function figures(cells: readonly FillingCell[]) {
  const shown = cells.filter(({ plan: { parameters } }) =>
    parameters.model === SHOWN_MODEL && parameters.prompt === SHOWN_PROMPT
  );
  if (shown.length === 0) return [];
  const rows = shown.flatMap(cellFills);
  const { header } = parseTrace(shown[0]!.result.trace);
  const text = (token: number) =>
    token === header.model.eosId ? "·" : tokenText(header, token);
  const replay = fillReplay(rows, {
    title: `${SHOWN_MODEL} answers "${SHOWN_PROMPT}", one tick per forward`,
    text,
  });
  const lanes = [...Map.groupBy(rows, ({ decoder }) => decoder)].map((
    [decoder, fills],
  ) => ({ decoder, fills }));
  const race = decoderRace(lanes, {
    title: `${SHOWN_MODEL} answers "${SHOWN_PROMPT}": a race of decoders`,
    clock:
      "The clock counts forwards; a round over all branches is one, whatever it costs",
    text,
  });
  return [fillOrderFigure(rows), replay, race];
}

/** The experiment; `models` is closed with it. */
export function tokenFillingOrder(
  models: TinyModels,
): Experiment<FillingParameters, FillingResult> {
  return {
    id: "token-filling-order",
    title: "Token filling order",
    version: 1,
    reproduces: ["LoPA Algorithm 1"],
    timing: false,
    seeds: [],
    claims: [],
    async plan(mode) {
      const plans: CellPlan<FillingParameters>[] = [];
      for (const model of TINY_MODELS) {
        const { digest, family } = await models.facts(model);
        for (const prompt of PROMPTS[mode]) {
          for (const method of METHODS) {
            plans.push({
              parameters: {
                model,
                method,
                decoder: decoderData(method, family),
                prompt,
              },
              label: `${model} ${methodName(method)}`,
              model: digest,
              task: sha256(canonicalJson(prompt)),
              precision: "f32",
              seconds: method.name === "vanilla" ? 0.3 : 0.15,
            });
          }
        }
      }
      return plans;
    },
    async run({ parameters: { model, decoder, prompt } }, { signal }) {
      const open = await models.open(model);
      const options = { prompt, sample: 0, signal };
      const trace = await decodeTrace(open, decoder, options);
      return { answer: answerOf(trace), trace: traceText(trace) };
    },
    measure: () => [],
    tables: (cells) => [{
      name: "token-filling-order",
      rows: cells.flatMap((cell) =>
        cellFills(cell).map(({ decoder, ...row }) => ({
          model: cell.plan.parameters.model,
          method: decoder,
          prompt: cell.plan.parameters.prompt,
          ...row,
        }))
      ),
    }],
    figures: (cells) => Promise.resolve(figures(cells)),
    close: () => models.close(),
  };
}
