/**
 * Settings and baselines on the same problems, in turns: throughput in every definition, latency, tokens per forward, accuracy.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import { countSample } from "../../metrics/counts.ts";
import { measure } from "../../metrics/metrics.ts";
import type { Problem, Task } from "../../tasks/types.ts";
import { timedDecode } from "./lopa_dist_decode.ts";
import type { SweepParameters } from "./lopa_dist_grid.ts";
import { type LaidOut, layOut, layoutName } from "./lopa_dist_layouts.ts";
import type { TimedModel, TimedSource } from "./lopa_dist_models.ts";
import type { SweepEntry } from "./lopa_dist_settings.ts";

/** One rate in one definition, or why it does not apply. JSON. */
export type SweepRate = {
  readonly id: string;
  readonly value: number | null;
  readonly reason?: string;
};

/** What one entry gave, by problem where it is a list. JSON. */
export type EntryResult = {
  readonly id: string;
  /** `null` where there is nobody to grade. */
  readonly correct: readonly (boolean | null)[];
  /** Seconds from text to text. */
  readonly latencies: readonly number[];
  /** Ids before the first end of sequence. */
  readonly tokens: readonly number[];
  readonly forwards: readonly number[];
  /** Every definition of tokens per second. */
  readonly rates: readonly SweepRate[];
};

/** What a sweep cell gives. JSON. */
export type SweepResult = {
  readonly kind: "sweep";
  readonly entries: readonly EntryResult[];
};

/** What is decoded, and who grades. */
export interface SweepTask {
  problem(index: number): Pick<Problem, "prompt">;
  /** `null` where there is nobody to grade. */
  readonly task: Task | null;
}

/** An entry at work. */
interface Runner {
  readonly entry: SweepEntry;
  readonly opened: TimedSource;
  readonly laidOut: LaidOut;
  readonly traces: Trace[];
  readonly correct: (boolean | null)[];
}

/** Measures a cell. Rejects with what engine, models, decoders and task throw, and the signal's reason. */
export async function measureSweep(
  { entries, problems }: SweepParameters,
  given: SweepTask & {
    readonly open: (model: TimedModel) => Promise<TimedSource>;
    readonly signal: AbortSignal;
    readonly report: (done: number, total: number) => void;
  },
): Promise<SweepResult> {
  const { signal, report, task } = given;
  const sources = new Map<string, TimedSource>();
  const models = new Map<string, LaidOut>();
  try {
    const runners: Runner[] = [];
    for (const entry of entries) {
      const { model, layout } = entry;
      if (!sources.has(model)) sources.set(model, await given.open(model));
      const opened = sources.get(model)!;
      const place = `${model} ${layoutName(layout)}`;
      if (!models.has(place)) {
        models.set(place, await layOut(opened.source, layout, opened));
      }
      const laidOut = models.get(place)!;
      runners.push({ entry, opened, laidOut, traces: [], correct: [] });
    }
    const decode = (
      { entry, opened, laidOut }: Runner,
      sample: number,
    ) =>
      timedDecode(laidOut.model, createDecoder(entry.decoder), {
        prompt: given.problem(sample).prompt,
        tokenizer: opened.codec,
        ...{ sample, signal },
      });
    for (const runner of runners) await decode(runner, 0); // warms up
    for (let sample = 0; sample < problems; sample++) {
      const problem = given.problem(sample);
      for (let i = 0; i < runners.length; i++) {
        const runner = runners[(i + sample) % runners.length]!;
        const { trace, text } = await decode(runner, sample);
        runner.traces.push(trace);
        runner.correct.push(
          task === null
            ? null
            : (await task.grade(problem as Problem, text)).correct,
        );
        report(sample * runners.length + i + 1, problems * runners.length);
      }
    }
    return { kind: "sweep", entries: runners.map(resultOf) };
  } finally {
    for (const model of models.values()) await model.close();
    for (const source of sources.values()) source.close();
  }
}

function resultOf({ entry, opened, traces, correct }: Runner): EntryResult {
  const { codec } = opened;
  const counts = traces.map(countSample);
  const rates = measure(traces, {
    encode: (text) => [...codec.encode(text)],
    decode: (ids) => codec.decode(ids, { skipSpecial: true }),
  }).filter(({ id }) => id.startsWith("tps."));
  return {
    ...{ id: entry.id, correct },
    latencies: traces.map(({ timings }) => timings[0]!.wallMs / 1000),
    tokens: counts.map(({ beforeEos }) => beforeEos),
    forwards: counts.map(({ forwards }) => forwards),
    rates: rates.map(({ id, value, reason }) => ({
      ...{ id, value },
      ...(reason === undefined ? {} : { reason }),
    })),
  };
}
