/**
 * The projected half of LoPA's throughput tables: what a cost model of 8 x H200 and 8 x Ascend 910C at Dream-7B shape says about
 * Tables 3, 4 and 7 and the bars of Fig. 1. Nothing here is a measurement of those machines.
 *
 * A cell is a recording: LoPA under one setting of the paper's Table 6 on a tiny model, kept as tokens, steps and the sizes of its
 * rounds. Everything else follows from the recordings, the data sheets under `data/hardware` and the papers' numbers.
 *
 * @module
 */
import type { Mode } from "../cell.ts";
import { projectionClaims } from "../claims/projection_claims.ts";
import type { CellContext, CellPlan, Experiment } from "../experiment.ts";
import { canonicalJson, sha256 } from "../json.ts";
import { decodeTrace } from "./decode_trace.ts";
import { projectionFigures } from "./throughput_projection_figures.ts";
import {
  type RecordingParameters,
  recordings,
} from "./throughput_projection_grid.ts";
import { measureProjection } from "./throughput_projection_measure.ts";
import {
  loadPublishedData,
  projectionResults,
  type PublishedData,
} from "./throughput_projection_results.ts";
import { type Recording, recordingOf } from "./throughput_projection_rounds.ts";
import { projectionTables } from "./throughput_projection_tables.ts";
import type { TinyModels } from "./tiny_models.ts";
import { toyPrompts } from "./toy_prompts.ts";

/** The experiment; `models` is closed with it. */
export function throughputProjection(
  models: TinyModels,
): Experiment<RecordingParameters, Recording> {
  let published: PublishedData | null = null;

  /** Read once; planning comes before everything else. */
  async function data(): Promise<PublishedData> {
    return published ??= await loadPublishedData();
  }

  async function plan(mode: Mode): Promise<CellPlan<RecordingParameters>[]> {
    await data();
    const plans: CellPlan<RecordingParameters>[] = [];
    for (const parameters of recordings(mode)) {
      const { model, blockSize, visibility, lookaheads, threshold, prompts } =
        parameters;
      const { digest } = await models.facts(model);
      plans.push({
        parameters,
        label:
          `${model} blocks of ${blockSize} ${visibility} lopa-${lookaheads} at ${threshold}`,
        model: digest,
        task: sha256(canonicalJson([...toyPrompts(prompts)])),
        precision: "f32",
        seconds: 0.02 * prompts,
      });
    }
    return plans;
  }

  async function run(
    { parameters: { model, decoder, prompts } }: CellPlan<RecordingParameters>,
    { signal, report }: CellContext,
  ): Promise<Recording> {
    const open = await models.open(model);
    const traces = [];
    for (const [sample, prompt] of toyPrompts(prompts).entries()) {
      traces.push(await decodeTrace(open, decoder, { prompt, sample, signal }));
      report(sample + 1, prompts);
    }
    return recordingOf(traces);
  }

  return {
    id: "throughput-projection",
    title: "Throughput of LoPA-Dist, projected",
    version: 1,
    reproduces: [
      "LoPA Table 3",
      "LoPA Table 4",
      "LoPA Table 6",
      "LoPA Table 7",
      "LoPA Fig. 1",
    ],
    timing: false,
    seeds: [],
    claims: projectionClaims().map(({ id }) => id),
    plan,
    run,
    measure(cells) {
      const results = published && projectionResults(cells, published);
      return results === null ? [] : measureProjection(results);
    },
    async tables(cells) {
      const results = projectionResults(cells, await data());
      return results === null ? [] : projectionTables(results);
    },
    async figures(cells) {
      const results = projectionResults(cells, await data());
      return results === null ? [] : projectionFigures(results);
    },
    close: () => models.close(),
  };
}
