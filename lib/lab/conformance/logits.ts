/**
 * Logits, hidden states and cache contents against the recorded arrays.
 *
 * @module
 */
import type { GoldenDirectory } from "./directory.ts";
import { LOGIT_TOLERANCE, windowRequest } from "./forward.ts";
import {
  type LogitsContext,
  recorded,
  visibilityOf,
} from "./logits_context.ts";
import { refreshCases, sequenceCases } from "./logits_cache.ts";
import {
  type ArrayEntry,
  type LogitInputs,
  readLogitsPlan,
} from "./logits_plan.ts";
import type { LoadedCheckpoint, ModelPool } from "./models.ts";
import { type CaseOutcome, type Comparison, runCase } from "./outcome.ts";

/** One case per array under `logits/`. */
export async function* logitCases(
  directory: GoldenDirectory,
  models: ModelPool,
): AsyncGenerator<CaseOutcome> {
  for (const name of await directory.folders("logits")) {
    const group = `logits/${name}`, folder = group;
    let context: LogitsContext | undefined;
    const opened = await runCase({ group, name: "checkpoint" }, async () => {
      const checkpoint = await models.load(name);
      context = { group, directory, folder, checkpoint };
    });
    if (context === undefined) yield opened;
    else yield* checkpointLogits(context, models);
  }
}

async function* checkpointLogits(
  context: LogitsContext,
  models: ModelPool,
): AsyncGenerator<CaseOutcome> {
  const { group, directory, folder } = context;
  const plan = await readLogitsPlan(directory, folder);
  const { inputs } = await directory.json<LogitInputs>(
    `${folder}/inputs.json`,
  );
  for (const name of plan.unknown) {
    yield await runCase(
      { group, name },
      (check) =>
        check.differ("kind", { got: name, want: "an array of a known kind" }),
    );
  }
  for (const entry of plan.plain) {
    yield await runCase({ group, name: entry.file }, async (check) => {
      const checkpoint = entry.meta.weights === undefined
        ? context.checkpoint
        : await widened(entry.meta.weights, { context, models });
      await comparePlain(entry, { ...context, checkpoint, inputs, check });
    });
  }
  for (const entry of plan.hidden) {
    yield await runCase(
      { group, name: entry.file },
      (check) => compareHidden(entry, { ...context, inputs, check }),
    );
  }
  for (const sequence of plan.sequences) {
    yield* sequenceCases(sequence, context);
  }
  yield* refreshCases(plan, context);
}

/** The checkpoint of the same weights in bf16: of the same configuration, all matrices bf16; `<name>-bf16` if there are several. */
async function widened(
  weights: string,
  { context, models }: {
    readonly context: LogitsContext;
    readonly models: ModelPool;
  },
): Promise<LoadedCheckpoint> {
  if (!/bf16/.test(weights)) {
    throw new RangeError(`weights "${weights}" are not known, only bf16`);
  }
  const { name, config } = context.checkpoint;
  const twins: string[] = [];
  for (const other of await context.directory.folders("checkpoints")) {
    const found = await models.describe(other);
    const same = JSON.stringify(found.config) === JSON.stringify(config);
    if (same && found.type === "BF16") twins.push(other);
  }
  const chosen = twins.length === 1 ? twins[0]! : `${name}-bf16`;
  return await models.load(chosen);
}

type InputContext = LogitsContext & {
  readonly inputs: LogitInputs["inputs"];
  readonly check: Comparison;
};

function inputOf(
  { meta }: ArrayEntry,
  inputs: LogitInputs["inputs"],
): readonly (readonly number[])[] {
  const input = meta.input === undefined ? undefined : inputs[meta.input];
  if (input === undefined) {
    throw new RangeError(`input "${meta.input}" is not in inputs.json`);
  }
  return input;
}

async function comparePlain(
  entry: ArrayEntry,
  context: InputContext,
): Promise<void> {
  const { check, inputs, checkpoint: { model } } = context;
  const want = await recorded(entry, context);
  const batch = inputOf(entry, inputs);
  const got = await Promise.all(batch.map(async (tokens) => {
    const session = model.open({ maxPositions: tokens.length + 1 });
    try {
      const request = windowRequest(model.spec, {
        start: 0,
        tokens,
        visibility: visibilityOf(entry.meta),
      });
      return (await session.forward(request)).branches[0]!.logits!;
    } finally {
      session.close();
    }
  }));
  check.nearAll("logits", {
    got: concatenate(got),
    want,
    tolerance: LOGIT_TOLERANCE,
  });
}

async function compareHidden(
  entry: ArrayEntry & { readonly layer: number },
  context: InputContext,
): Promise<void> {
  const { check, inputs, checkpoint: { model } } = context;
  const want = await recorded(entry, context);
  const got: Float32Array[] = [];
  for (const tokens of inputOf(entry, inputs)) {
    const session = model.open({ maxPositions: tokens.length + 1 });
    try {
      const request = windowRequest(model.spec, { start: 0, tokens });
      const { hidden } = await session.inspect(request);
      const state = hidden[entry.layer];
      if (state === undefined) {
        throw new RangeError(`there is no hidden state ${entry.layer}`);
      }
      got.push(state);
    } finally {
      session.close();
    }
  }
  check.nearAll("hidden", {
    got: concatenate(got),
    want,
    tolerance: LOGIT_TOLERANCE,
  });
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
