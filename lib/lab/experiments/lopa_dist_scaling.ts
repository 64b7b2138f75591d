/**
 * One decoder in several layouts, in turns: how long rounds take, and what their time goes into.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { Problem } from "../../tasks/types.ts";
import { sha256 } from "../json.ts";
import {
  meanPhases,
  phasesOf,
  RoundClock,
  type RoundPhases,
  timelineOf,
  type TimelineSpan,
} from "./lopa_dist_clock.ts";
import { madeUpPrompt, timedDecode } from "./lopa_dist_decode.ts";
import type { ScalingParameters } from "./lopa_dist_grid.ts";
import { type LaidOut, type Layout, layOut } from "./lopa_dist_layouts.ts";
import type { TimedSource } from "./lopa_dist_models.ts";

/** What one layout gave. JSON. */
export type LayoutResult = {
  readonly layout: Layout;
  /** Milliseconds of all rounds of all prompts, once per turn. */
  readonly turnsMs: readonly number[];
  /** Seconds of every answer as the client sees it, all turns. */
  readonly latencies: readonly number[];
  /** Means over all rounds. */
  readonly phases: RoundPhases;
  /** A few rounds. */
  readonly timeline: readonly TimelineSpan[];
  /** SHA-256 of all tokens. */
  readonly digest: string;
};

/** What a scaling cell gives. JSON. */
export type ScalingResult = {
  readonly kind: "scaling";
  /** Rounds of one turn. */
  readonly rounds: number;
  /** Tokens before the end of answers, of one turn. */
  readonly tokens: number;
  readonly layouts: readonly LayoutResult[];
};

/** Rounds of the timeline, from the third on: the first holds the prompt. */
const SHOWN = { first: 2, count: 6 };

/** Length of made-up prompts. */
const PROMPT_IDS = 48;

/** A layout at work, with what it has given so far. */
interface Runner {
  readonly layout: Layout;
  readonly clock: RoundClock;
  readonly laidOut: LaidOut;
  readonly turnsMs: number[];
  readonly latencies: number[];
  readonly phases: RoundPhases[];
  timeline: readonly TimelineSpan[];
  digest: string;
}

/** One turn's decodes: rounds, tokens and time. */
interface Turn {
  readonly rounds: number;
  readonly tokens: number;
}

/** Measures a cell. Rejects with what engine, model and decoder throw, and the signal's reason. */
export async function measureScaling(
  parameters: ScalingParameters,
  given: {
    readonly opened: TimedSource;
    readonly problem: (index: number) => Problem;
    readonly signal: AbortSignal;
    readonly report: (done: number, total: number) => void;
  },
): Promise<ScalingResult> {
  const { layouts, prompts, repeats, task, decoder } = parameters;
  const { opened, problem, signal, report } = given;
  const { source, codec: tokenizer, dtype } = opened;
  const below = source.config.vocabSize - 3;
  const texts = Array.from(
    { length: prompts },
    (_, sample) =>
      task === null
        ? madeUpPrompt(sample, { length: PROMPT_IDS, below })
        : problem(sample).prompt,
  );
  const runners: Runner[] = [];
  try {
    for (const layout of layouts) {
      const clock = new RoundClock();
      const { onPhase } = clock;
      runners.push({
        ...{ layout, clock, turnsMs: [], latencies: [], phases: [] },
        laidOut: await layOut(source, layout, { dtype, onPhase }),
        ...{ timeline: [], digest: "" },
      });
    }
    let turn: Turn = { rounds: 0, tokens: 0 };
    for (let repeat = 0; repeat <= repeats; repeat++) {
      for (let i = 0; i < runners.length; i++) {
        const runner = runners[(i + repeat) % runners.length]!;
        turn = await runTurn(runner, {
          counts: repeat > 0,
          decode: (sample) =>
            timedDecode(
              runner.clock.model(runner.laidOut.model),
              runner.clock.decoder(createDecoder(decoder)),
              { prompt: texts[sample]!, tokenizer, sample, signal },
            ),
          prompts,
        });
        report(repeat * runners.length + i + 1, (repeats + 1) * runners.length);
      }
    }
    return {
      ...{ kind: "scaling", ...turn },
      layouts: runners.map((runner) => ({
        ...{ layout: runner.layout, turnsMs: runner.turnsMs },
        ...{ latencies: runner.latencies, timeline: runner.timeline },
        ...{ phases: meanPhases(runner.phases), digest: runner.digest },
      })),
    };
  } finally {
    for (const { laidOut } of runners) await laidOut.close();
  }
}

async function runTurn(
  runner: Runner,
  { counts, decode, prompts }: {
    readonly counts: boolean;
    readonly decode: (sample: number) => ReturnType<typeof timedDecode>;
    readonly prompts: number;
  },
): Promise<Turn> {
  const { clock } = runner;
  let rounds = 0, tokens = 0, ms = 0;
  const ids: number[] = [];
  for (let sample = 0; sample < prompts; sample++) {
    clock.reset();
    const { trace } = await decode(sample);
    const { result, header, timings } = trace;
    ids.push(...result.ids);
    const end = result.ids.indexOf(header.model.eosId);
    tokens += end < 0 ? result.ids.length : end;
    rounds += clock.rounds.length;
    if (!counts) continue;
    const first = clock.rounds[0]!, last = clock.rounds.at(-1)!;
    ms += last.decided - first.submitted;
    runner.latencies.push(timings[0]!.wallMs / 1000);
    runner.phases.push(...phasesOf(clock.rounds, clock.changes));
    if (runner.timeline.length === 0) {
      runner.timeline = timelineOf(clock.rounds, clock.changes, SHOWN);
    }
  }
  if (counts) runner.turnsMs.push(ms);
  runner.digest = sha256(JSON.stringify(ids));
  return { rounds, tokens };
}
