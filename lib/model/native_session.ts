/**
 * A session on the native engine: every forward is one run of one recorded plan, whatever the number of branches.
 *
 * @module
 */
import {
  afterForward,
  afterImport,
  applyCacheOperations,
  type CacheState,
  checkStaged,
  EMPTY_CACHE,
} from "./cache_state.ts";
import type { RunReport } from "../engine/mod.ts";
import { type CachePages, refuseImport } from "./cache_pages.ts";
import { RequestError } from "./errors.ts";
import type { ForwardPace } from "./forward_pace.ts";
import type { ForwardRun } from "./forward_plan.ts";
import { planHead } from "./head_requests.ts";
import type {
  CacheSlice,
  InspectedForward,
  NativeModelSession,
} from "./inspection.ts";
import { rethrowNumeric } from "./numeric_error.ts";
import type { CommittedRows, StagedChoice } from "./replica.ts";
import { rowCopies } from "./row_copies.ts";
import { joinFloats } from "./float_types.ts";
import { checkRequest } from "./request_rules.ts";
import { type SessionParts, SessionPlans } from "./session_plans.ts";
import type {
  CacheOperation,
  ForwardRequest,
  ModelSpec,
  Predictions,
  WorkStretch,
} from "./types.ts";
import { planWindow } from "./window_plan.ts";

const BUSY = "is still busy with the last forward, or failed in it";

/** One sequence on the native engine. */
export class NativeSession implements NativeModelSession {
  readonly #spec: ModelSpec;
  readonly #maxPositions: number;
  readonly #plans: SessionPlans;
  readonly #pages: CachePages | null;
  #state: CacheState = EMPTY_CACHE;
  #stagedRows: readonly number[] = [];
  #unusable: string | null = null;

  /** Use `NativeModel.open`. */
  constructor(
    parts: SessionParts,
    options: {
      readonly spec: ModelSpec;
      /** Longest sequence; the cache may have more rows. */
      readonly maxPositions: number;
      /** `null` for a cache in one piece. */
      readonly pages: CachePages | null;
      /** What forwards of the model take. */
      readonly pace: ForwardPace;
    },
  ) {
    this.#spec = options.spec;
    this.#maxPositions = options.maxPositions;
    this.#pages = options.pages;
    this.#plans = new SessionPlans(parts, options.pace);
  }

  /** Op records of the last forward; 0 before the first. */
  get recordsPerForward(): number {
    return this.#plans.last?.records ?? 0;
  }

  /** Runs one forward. Requests must be made one after another, each when the one before is answered. */
  forward(request: ForwardRequest): Promise<Predictions> {
    return this.#run(request, { hidden: false });
  }

  /** Runs one forward of a single branch and also returns the hidden states. */
  async inspect(request: ForwardRequest): Promise<InspectedForward> {
    if (request.branches.length !== 1) {
      throw new RequestError(
        "branches",
        `${request.branches.length} given; one at a time can be inspected`,
      );
    }
    const predictions = await this.#run(request, { hidden: true });
    return { predictions, hidden: this.#plans.readHidden(predictions.rows) };
  }

  /** Reads the cache as the last forward saw it. */
  // deno-lint-ignore require-await -- a failure must reject, not throw
  async readCache(
    layer: number,
    range: { readonly start: number; readonly end: number },
  ): Promise<CacheSlice> {
    if (this.#pages === null) return this.#plans.readCache(layer, range);
    const slices = this.#pages.runs(range).map(({ row, count }) =>
      this.#plans.readCache(layer, { start: row, end: row + count })
    );
    return {
      keys: joinFloats(slices.map(({ keys }) => keys)),
      values: joinFloats(slices.map(({ values }) => values)),
    };
  }

  /** Applies cache operations without a forward. */
  async apply(operations: readonly CacheOperation[]): Promise<void> {
    this.#requireUsable();
    const { state, copies } = applyCacheOperations(this.#state, operations);
    const run = rowCopies(copies, this.#stagedRows);
    const paged = this.#pages?.commit(copies, run.copies, state);
    this.#unusable = BUSY;
    await this.#plans.commit({ ...run, copies: paged?.copies ?? run.copies });
    this.#unusable = null;
    if (paged) this.#pages?.settle(paged.table);
    this.#state = state;
  }

  /** Reads staged rows into host memory. */
  readStaged(choice: StagedChoice): Float32Array {
    this.#requireUsable();
    const { branch, rows, boundary } = checkStaged(this.#state, choice);
    const row = this.#stagedRows[branch]!;
    return this.#plans.readStaged({ row, rows, boundary });
  }

  /** Elements that `readStaged` gives for so many rows. */
  stagedElements(
    size: { readonly rows: number; readonly boundary: boolean },
  ): number {
    return this.#plans.replicaElements(size);
  }

  /** Writes rows that another replica read. */
  writeCommitted(place: CommittedRows, values: Float32Array): void {
    this.#requireUsable();
    if (this.#pages !== null) refuseImport();
    const state = afterImport(this.#state, place, {
      maxPositions: this.#maxPositions,
    });
    const wanted = this.stagedElements(place);
    if (values.length !== wanted) {
      throw new RequestError(
        "values",
        `${values.length} elements given; ${place.rows} rows of this model take ${wanted}`,
      );
    }
    this.#plans.writeCached({ ...place, row: place.start }, values);
    this.#state = state;
  }

  /** Reads everything that positions hold, then the boundary row. */
  readReplica(
    { start, end }: { readonly start: number; readonly end: number },
  ): Float32Array {
    const runs = this.#pages?.runs({ start, end }) ??
      [{ row: start, count: end - start }];
    return joinFloats(
      runs.map(({ row, count: rows }) => this.#plans.readCached({ row, rows })),
    );
  }

  /** Frees the session's device memory. Idempotent. */
  close(): void {
    this.#unusable = "is closed";
    this.#plans.close();
  }

  #requireUsable(): void {
    if (this.#unusable) {
      throw new TypeError(`this session ${this.#unusable}; open another`);
    }
  }

  async #run(
    request: ForwardRequest,
    options: { readonly hidden: boolean },
  ): Promise<Predictions> {
    this.#requireUsable();
    const { state, copies } = applyCacheOperations(this.#state, request.cache);
    checkRequest(request, {
      spec: this.#spec,
      maxPositions: this.#maxPositions,
      cache: state,
    });
    const window = planWindow(request, { shift: this.#spec.shift });
    const head = planHead(request, window);
    const commits = rowCopies(copies, this.#stagedRows);
    const paged = this.#pages?.commit(copies, commits.copies, state);
    const run: ForwardRun = {
      copies: paged ? paged.copies : commits.copies,
      boundaryCopies: commits.boundaryCopies,
      window: paged ? this.#pages!.window(window, paged.table) : window,
      head,
      barred: request.sampling.barred,
    };
    this.#unusable = BUSY;
    const shape = {
      top: request.top ?? 0,
      logits: request.logits ?? false,
      hidden: options.hidden,
    };
    let report: RunReport;
    try {
      report = await this.#plans.run(run, shape);
    } catch (error) {
      rethrowNumeric(error);
    }
    const work = [stretchOf("compute", report)];
    if (paged) {
      const copies = this.#pages!.preWrite(paged.table, request, {
        state,
        window,
      });
      const written = await this.#plans.commit({ copies, boundaryCopies: [] });
      if (written !== null) work.push(stretchOf("pre-write", written));
    }
    this.#unusable = null;
    this.#state = afterForward(state, request);
    this.#stagedRows = window.stagedRows;
    return {
      branches: this.#plans.last!.predictions(request, head),
      rows: window.tokens.length,
      nativeMs: report.nativeMs,
      work,
    };
  }
}

function stretchOf(
  what: WorkStretch["what"],
  { beganMs, nativeMs }: RunReport,
): WorkStretch {
  return { what, from: beganMs, to: beganMs + nativeMs };
}
