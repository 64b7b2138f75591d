/**
 * Forwards over caches against the recorded logits: D2F's growing cache, with its contents, and Fast-dLLM's prefix and dual
 * caches.
 *
 * @module
 */
import { diffusionSpec } from "../../decoding/model_kind.ts";
import type { InspectableSession } from "../../model/inspection.ts";
import { ropeTable, rotateRows } from "../../model/rope.ts";
import type { CacheOperation } from "../../model/types.ts";
import { LOGIT_TOLERANCE, windowRequest } from "./forward.ts";
import {
  type LogitsContext,
  recorded,
  visibilityOf,
} from "./logits_context.ts";
import type { ArrayEntry, CacheStep, LogitsPlan } from "./logits_plan.ts";
import { type CaseOutcome, type Comparison, runCase } from "./outcome.ts";

/** Positions that a step leaves in the cache. */
function cachedAfter({ meta }: ArrayEntry): number {
  return meta.cache_len_before! + meta.update_kvcache!;
}

function commitOf(step: CacheStep | undefined): CacheOperation[] {
  const rows = step?.meta.update_kvcache ?? 0;
  if (rows === 0) return [];
  return [{ kind: "commit", branch: 0, rows, boundary: true }];
}

/** One case per forward of a D2F sequence, and one per recorded cache content. */
export async function* sequenceCases(
  { steps }: LogitsPlan["sequences"][number],
  context: LogitsContext,
): AsyncGenerator<CaseOutcome> {
  const { group, checkpoint: { model } } = context;
  const positions = Math.max(
    ...steps.map(({ meta }) => meta.start_pos! + meta.input_ids!.length),
  );
  const session = model.open({ maxPositions: positions + 1 });
  try {
    for (const [i, step] of steps.entries()) {
      const before = steps[i - 1];
      yield await runCase(
        { group, name: step.file },
        (check) => forwardStep(step, { ...context, session, check, before }),
      );
      if (before !== undefined) {
        yield* contentCases(before, { ...context, session });
      }
    }
    const last = steps.at(-1)!;
    if (last.keys !== undefined || last.values !== undefined) {
      const end = cachedAfter(last);
      await session.forward(windowRequest(model.spec, {
        start: end,
        tokens: [diffusionSpec(model.spec).maskId],
        cache: commitOf(last),
        cached: [{ start: 0, end }],
      }));
      yield* contentCases(last, { ...context, session });
    }
  } finally {
    session.close();
  }
}

async function forwardStep(
  step: CacheStep,
  context: LogitsContext & {
    readonly session: InspectableSession;
    readonly check: Comparison;
    readonly before: CacheStep | undefined;
  },
): Promise<void> {
  const { session, check, before, checkpoint: { model } } = context;
  const { meta } = step;
  const cached = meta.cache_len_before!;
  check.equal("cache length", {
    got: before === undefined ? 0 : cachedAfter(before),
    want: cached,
  });
  const request = windowRequest(model.spec, {
    start: meta.start_pos!,
    tokens: meta.input_ids!,
    visibility: visibilityOf(meta),
    cache: commitOf(before),
    cached: cached === 0 ? [] : [{ start: 0, end: cached }],
    commitRows: meta.update_kvcache!,
  });
  const { branches } = await session.forward(request);
  check.nearAll("logits", {
    got: branches[0]!.logits!,
    want: await recorded(step, context),
    tolerance: LOGIT_TOLERANCE,
  });
}

async function* contentCases(
  step: CacheStep,
  context: LogitsContext & { readonly session: InspectableSession },
): AsyncGenerator<CaseOutcome> {
  const { group, session, checkpoint: { config } } = context;
  const length = cachedAfter(step);
  for (const what of ["keys", "values"] as const) {
    const entry = step[what];
    if (entry === undefined) continue;
    yield await runCase({ group, name: entry.file }, async (check) => {
      const want = await recorded(entry, { ...context, check });
      const size = want.length / config.layers;
      for (let layer = 0; layer < config.layers; layer++) {
        const slice = await session.readCache(layer, { start: 0, end: length });
        const rows = positionsFirst(
          want.subarray(layer * size, (layer + 1) * size),
          { ...config, length },
        );
        if (what === "keys" && config.family === "llada") {
          rotate(rows, { ...config, length });
        }
        check.nearAll(`layer ${layer} ${what}`, {
          got: slice[what],
          want: rows,
          tolerance: LOGIT_TOLERANCE,
        });
      }
    });
  }
}

interface CacheShape {
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ropeTheta: number;
  readonly length: number;
}

/** From `[kvHeads, length, headDim]` to `[length, kvHeads * headDim]`. */
function positionsFirst(
  recorded: Float32Array,
  { kvHeads, headDim, length }: CacheShape,
): Float32Array {
  const rows = new Float32Array(recorded.length);
  for (let head = 0; head < kvHeads; head++) {
    for (let position = 0; position < length; position++) {
      const from = (head * length + position) * headDim;
      rows.set(
        recorded.subarray(from, from + headDim),
        (position * kvHeads + head) * headDim,
      );
    }
  }
  return rows;
}

/** LLaDA's code caches keys before the rotary embedding, this library after it. */
function rotate(
  rows: Float32Array,
  { headDim, ropeTheta, length }: CacheShape,
): void {
  const positions = Array.from({ length }, (_, position) => position);
  const table = ropeTable(length, { headDim, theta: ropeTheta });
  rotateRows(rows, table, { positions, headDim });
}

/** One case for the forward that fills the cache and one per forward that reads it. */
export async function* refreshCases(
  { refresh, reads }: LogitsPlan,
  context: LogitsContext,
): AsyncGenerator<CaseOutcome> {
  const { group, checkpoint: { model } } = context;
  if (refresh === null) {
    for (const { file } of reads) {
      yield await runCase(
        { group, name: file },
        (check) =>
          check.differ("cache", { got: "no cache-refresh.npy", want: "one" }),
      );
    }
    return;
  }
  const all = refresh.meta.input_ids!;
  const session = model.open({ maxPositions: all.length + 1 });
  try {
    let pending: CacheOperation[] = [];
    yield await runCase({ group, name: refresh.file }, async (check) => {
      const request = windowRequest(model.spec, {
        start: 0,
        tokens: all,
        commitRows: all.length,
      });
      const { branches } = await session.forward(request);
      pending = [{
        kind: "commit",
        branch: 0,
        rows: all.length,
        boundary: true,
      }];
      const want = await recorded(refresh, { ...context, check });
      check.nearAll("logits", {
        got: branches[0]!.logits!,
        want,
        tolerance: LOGIT_TOLERANCE,
      });
    });
    for (const entry of reads) {
      yield await runCase({ group, name: entry.file }, async (check) => {
        const request = windowRequest(model.spec, {
          ...readWindow(entry, all.length),
          cache: pending,
        });
        pending = [];
        const { branches } = await session.forward(request);
        check.nearAll("logits", {
          got: branches[0]!.logits!,
          want: await recorded(entry, { ...context, check }),
          tolerance: LOGIT_TOLERANCE,
        });
      });
    }
  } finally {
    session.close();
  }
}

function readWindow({ meta }: ArrayEntry, length: number) {
  const tokens = meta.input_ids!;
  if (meta.cached_positions !== undefined) {
    const [start, end] = meta.cached_positions;
    return { start: end, tokens, cached: [{ start, end }] };
  }
  const [start] = meta.replaced_positions!;
  return { start, tokens, cached: [{ start: 0, end: length }] };
}
