/**
 * Deliberate faults for the mutation check: wrong behaviours of a session, and changed sources. Used by tests only.
 *
 * @module
 */
import type {
  BranchPredictions,
  DiffusionModel,
  ForwardRequest,
  ModelSession,
} from "../../model/types.ts";

/** A model whose sessions are wrapped. */
function wrapped(
  model: DiffusionModel,
  wrap: (session: ModelSession) => ModelSession["forward"],
): DiffusionModel {
  return {
    spec: model.spec,
    open(options) {
      const session = model.open(options);
      return { forward: wrap(session), close: () => session.close() };
    },
  };
}

function predictsBoundary({ branches }: ForwardRequest): boolean {
  return branches.some(({ start, predict }) =>
    start > 0 && predict[0] === start
  );
}

/** In the first round prompt rows see the prompt alone, as an engine with a separate prefill would have it. */
export function promptAlone(model: DiffusionModel): DiffusionModel {
  return wrapped(model, (session) => (request) => {
    const first = request.branches[0]!.start === 0 && request.commitRows > 0;
    if (!first) return session.forward(request);
    return session.forward({
      ...request,
      visibility: {
        kind: "block-causal",
        promptLength: request.commitRows,
        blockSize: model.spec.maxPositions,
      },
    });
  });
}

/** The first uncached position is predicted from no row at all: a uniform distribution. */
export function droppedBoundary(model: DiffusionModel): DiffusionModel {
  const { vocabSize } = model.spec;
  return wrapped(model, (session) => async (request) => {
    const predictions = await session.forward(request);
    const branches = predictions.branches.map(
      (branch, b): BranchPredictions => {
        const { start } = request.branches[b]!;
        if (start === 0 || branch.positions[0] !== start) return branch;
        return {
          ...branch,
          tokens: branch.tokens.with(0, 0),
          probability: branch.probability.with(0, 1 / vocabSize),
          margin: branch.margin.with(0, 0),
          negEntropy: branch.negEntropy.with(0, -Math.log(vocabSize)),
        };
      },
    );
    return { ...predictions, branches };
  });
}

/** The row before the window is computed again in every round instead of staying as it was when it was committed. */
export function recomputedBoundary(model: DiffusionModel): DiffusionModel {
  return wrapped(model, (session) => {
    const canvas: number[] = [];
    let last: ForwardRequest | undefined;
    let extra = 0;
    return (request) => {
      for (const operation of request.cache) {
        if (operation.kind !== "commit") continue;
        const { branch, rows } = operation;
        canvas.push(...last!.branches[branch]!.tokens.subarray(0, rows));
      }
      const cache = request.cache.map((operation) =>
        operation.kind === "commit"
          ? { ...operation, rows: operation.rows + extra }
          : operation
      );
      last = request;
      extra = predictsBoundary(request) ? 1 : 0;
      if (extra === 0) return session.forward({ ...request, cache });
      return session.forward({
        ...request,
        cache,
        commitRows: request.commitRows === 0 ? 0 : request.commitRows + 1,
        branches: request.branches.map((branch) => ({
          ...branch,
          start: branch.start - 1,
          tokens: Int32Array.of(canvas[branch.start - 1]!, ...branch.tokens),
        })),
      });
    };
  });
}

/** A change of one source file. */
export interface SourceMutant {
  readonly name: string;
  /** File under `lib/`. */
  readonly file: string;
  /** Text that stands in it exactly once. */
  readonly from: string;
  readonly to: string;
}

/** Comparisons and tie orders turned round, one at a time. */
export const SOURCE_MUTANTS: readonly SourceMutant[] = [
  {
    name: "D2F and LoPA: > becomes >= at the confidence threshold",
    file: "decoding/d2f_fill.ts",
    from: "row.probability > threshold",
    to: "row.probability >= threshold",
  },
  {
    name: "D2F and LoPA: the last of equals is forced",
    file: "decoding/d2f_fill.ts",
    from: "row.confidence > best.confidence",
    to: "row.confidence >= best.confidence",
  },
  {
    name: "LoPA: the last of equal branches wins",
    file: "decoding/lopa_score.ts",
    from: ": branches.findIndex(({ score }) => score === best)",
    to: ": branches.findLastIndex(({ score }) => score === best)",
  },
  {
    name: "LoPA: of equal candidates the higher position goes first",
    file: "decoding/lopa_spawn.ts",
    from: "b.confidence - a.confidence",
    to: "b.confidence - a.confidence || b.position - a.position",
  },
  {
    name: "D2F and LoPA: >= becomes > at the activation threshold",
    file: "decoding/blocks.ts",
    from: "progress(blocks[i - 1]!) >= threshold",
    to: "progress(blocks[i - 1]!) > threshold",
  },
  {
    name: "Fast-dLLM: >= becomes > at the threshold",
    file: "decoding/selection.ts",
    from: "score >= bar",
    to: "score > bar",
  },
  {
    name: "dParallel on Dream: < becomes <= at the entropy threshold",
    file: "decoding/selection.ts",
    from: "-score < bar",
    to: "-score <= bar",
  },
  {
    name: "dParallel on LLaDA: <= becomes < at the entropy threshold",
    file: "decoding/selection.ts",
    from: "-score <= bar",
    to: "-score < bar",
  },
  {
    name: "quotas: of equal candidates the last is written",
    file: "decoding/selection.ts",
    from: "scores[b]! - scores[a]! || a - b",
    to: "scores[b]! - scores[a]! || b - a",
  },
];
