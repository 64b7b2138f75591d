/** Models that answer a request in another way, to be compared with one that answers it at once. Used by tests only. */
import type {
  BranchPredictions,
  CacheOperation,
  DiffusionModel,
  ForwardRequest,
  ModelSession,
  Predictions,
} from "../model/types.ts";

/** The model, with every branch in a forward of its own. */
export function branchByBranch(model: DiffusionModel): DiffusionModel {
  return { spec: model.spec, open: (options) => alone(model.open(options)) };
}

function alone(session: ModelSession): ModelSession {
  let last: ForwardRequest | null = null;

  /** Runs a branch of the last request once more where another one's rows are staged, and names it as the only branch. */
  async function restage(operation: CacheOperation): Promise<CacheOperation> {
    if (operation.kind !== "commit") return operation;
    const branch = last!.branches[operation.branch]!;
    if (branch !== last!.branches.at(-1)) {
      await session.forward({ ...last!, cache: [], branches: [branch] });
    }
    return { ...operation, branch: 0 };
  }

  return {
    async forward(request: ForwardRequest): Promise<Predictions> {
      let cache = await Promise.all(request.cache.map(restage));
      const branches: BranchPredictions[] = [];
      let rows = 0;
      for (const branch of request.branches) {
        const answer = await session.forward({
          ...request,
          cache,
          branches: [branch],
        });
        cache = [];
        branches.push(answer.branches[0]!);
        rows += answer.rows;
      }
      last = request;
      const shared = request.visibility.kind === "block-causal"
        ? request.commitRows
        : 0;
      return { branches, rows: rows - (branches.length - 1) * shared };
    },
    close: () => session.close(),
  };
}

/** The model without a cache: what was committed goes through the network again in every forward. */
export function uncached(model: DiffusionModel): DiffusionModel {
  return {
    spec: model.spec,
    open: (options) => recomputing(model.open(options)),
  };
}

function recomputing(session: ModelSession): ModelSession {
  let prefix: number[] = [];
  let last: ForwardRequest | null = null;

  function apply(operation: CacheOperation): void {
    if (operation.kind === "reset") {
      prefix = [];
    } else if (operation.kind === "truncate") {
      prefix.length = operation.length;
    } else {
      const { tokens } = last!.branches[operation.branch]!;
      prefix.push(...tokens.subarray(0, operation.rows));
    }
  }

  return {
    forward(request: ForwardRequest): Promise<Predictions> {
      request.cache.forEach(apply);
      last = request;
      return session.forward({
        ...request,
        cache: [],
        cached: [],
        commitRows: 0,
        branches: request.branches.map((branch) => ({
          ...branch,
          start: 0,
          tokens: Int32Array.of(...prefix, ...branch.tokens),
        })),
      });
    },
    close: () => session.close(),
  };
}
