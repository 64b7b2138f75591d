/**
 * The rules of a `ForwardRequest`, checked before anything is computed.
 *
 * @module
 */
import type { CacheState } from "./cache_state.ts";
import { RequestError } from "./errors.ts";
import { covers } from "./position_ranges.ts";
import { checkSampling } from "./sampling_rules.ts";
import type {
  BranchWindow,
  ForwardRequest,
  ModelSpec,
  PositionRange,
} from "./types.ts";

/** Facts a request is checked against. */
export interface RequestContext {
  readonly spec: ModelSpec;
  /** Longest sequence of the session. */
  readonly maxPositions: number;
  /** The cache after the request's own cache operations. */
  readonly cache: CacheState;
}

/**
 * Checks a request.
 *
 * @throws {RequestError} Naming the field at fault, what was given and what is wanted.
 */
export function checkRequest(
  request: ForwardRequest,
  context: RequestContext,
): void {
  checkSampling(request.sampling, context.spec.vocabSize);
  checkCached(request, context);
  if (request.branches.length < 1) {
    throw new RequestError("branches", "at least one branch is wanted");
  }
  for (let index = 0; index < request.branches.length; index++) {
    checkBranch(request, index, context);
  }
  checkVisibility(request);
  checkCommitRows(request);
  const { top, sampling } = request;
  if (
    top !== undefined &&
    !(Number.isInteger(top) && top >= 1 && top <= context.spec.vocabSize)
  ) {
    throw new RequestError(
      "top",
      `${top} given; 1 to ${context.spec.vocabSize} (the vocabulary) is wanted`,
    );
  }
  if (sampling.temperature > 0) request.branches.forEach(checkUniforms);
}

function checkCached(
  { cached }: ForwardRequest,
  { cache, maxPositions }: RequestContext,
): void {
  let last = 0;
  for (let index = 0; index < cached.length; index++) {
    const range = cached[index]!;
    const { start, end } = range;
    const isWhole = Number.isInteger(start) && Number.isInteger(end);
    if (!isWhole || start < last || end <= start || end > maxPositions) {
      throw new RequestError(
        `cached[${index}]`,
        `${
          shown(range)
        } given; ascending, non-empty ranges within [0, ${maxPositions}) are wanted`,
      );
    }
    if (!covers(cache.written, range)) {
      const written = cache.written.map(shown).join(" ") || "nothing";
      throw new RequestError(
        `cached[${index}]`,
        `${shown(range)} was never committed; the cache holds ${written}`,
      );
    }
    last = end;
  }
}

function shown({ start, end }: PositionRange): string {
  return `[${start}, ${end})`;
}

function checkBranch(
  { branches, commitRows }: ForwardRequest,
  index: number,
  context: RequestContext,
): void {
  const { spec: { vocabSize }, maxPositions } = context;
  const { start, tokens } = branches[index]!;
  const end = start + tokens.length;
  if (
    !Number.isInteger(start) || start < 0 || tokens.length < 1 ||
    end > maxPositions
  ) {
    throw new RequestError(
      `branches[${index}]`,
      `the window covers positions [${start}, ${end}); at least one token within [0, ${maxPositions}) is wanted: ` +
        "shorten the prompt or the answer, or open the session with more positions",
    );
  }
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i]! >= 0 && tokens[i]! < vocabSize) continue;
    throw new RequestError(
      `branches[${index}].tokens[${i}]`,
      `${tokens[i]} given; ids from 0 to ${vocabSize - 1} are wanted`,
    );
  }
  if (commitRows > tokens.length) {
    throw new RequestError(
      "commitRows",
      `${commitRows} given, but branch ${index} has only ${tokens.length} rows`,
    );
  }
  checkPredict(branches[index]!, index, context);
}

function checkPredict(
  { start, tokens, predict }: BranchWindow,
  index: number,
  { spec: { shift }, cache: { boundary } }: RequestContext,
): void {
  const last = start + tokens.length - (shift ? 0 : 1);
  let least = start;
  for (let i = 0; i < predict.length; i++) {
    const position = predict[i]!;
    if (position < least || position > last) {
      throw new RequestError(
        `branches[${index}].predict[${i}]`,
        `${position} given; ascending positions from ${start} to ${last} are wanted`,
      );
    }
    least = position + 1;
  }
  if (shift && start > 0 && predict[0] === start && boundary !== start - 1) {
    const kept = boundary === null
      ? "no boundary row is kept"
      : `the boundary row kept is that of ${boundary}`;
    throw new RequestError(
      `branches[${index}].predict[0]`,
      `${start} is predicted by the row before the window, but ${kept}: commit up to ${start} with boundary true, or do not ask`,
    );
  }
}

function checkUniforms(
  { predict, uniforms }: BranchWindow,
  index: number,
): void {
  const field = `branches[${index}].uniforms`;
  if (uniforms?.length !== predict.length) {
    throw new RequestError(
      field,
      `${
        uniforms?.length ?? 0
      } given; a temperature above 0 needs one per prediction, ${predict.length}`,
    );
  }
  const bad = uniforms.findIndex((u) => !(u >= 0 && u < 1));
  if (bad >= 0) {
    throw new RequestError(
      `${field}[${bad}]`,
      `${uniforms[bad]} given; numbers in [0, 1) are wanted`,
    );
  }
}

function checkVisibility({ visibility }: ForwardRequest): void {
  if (visibility.kind !== "block-causal") return;
  const { promptLength, blockSize } = visibility;
  if (!Number.isInteger(promptLength) || promptLength < 0) {
    throw new RequestError(
      "visibility.promptLength",
      `${promptLength} given; a whole number of at least 0 is wanted`,
    );
  }
  if (!Number.isInteger(blockSize) || blockSize < 1) {
    throw new RequestError(
      "visibility.blockSize",
      `${blockSize} given; a whole number of at least 1 is wanted`,
    );
  }
}

function checkCommitRows(
  { commitRows, branches, visibility }: ForwardRequest,
): void {
  if (!Number.isInteger(commitRows) || commitRows < 0) {
    throw new RequestError(
      "commitRows",
      `${commitRows} given; a whole number of at least 0 is wanted`,
    );
  }
  if (
    commitRows === 0 || branches.length === 1 ||
    visibility.kind !== "block-causal"
  ) return;
  const first = branches[0]!;
  branches.forEach(({ start, tokens }, index) => {
    const differs = start !== first.start ||
      tokens.subarray(0, commitRows).some((token, i) =>
        token !== first.tokens[i]
      );
    if (differs) {
      throw new RequestError(
        `branches[${index}]`,
        "its committing rows differ from those of branch 0; under block-causal visibility all branches share them",
      );
    }
  });
  const generated = first.start + commitRows - visibility.promptLength;
  if (generated < 0 || generated % visibility.blockSize !== 0) {
    throw new RequestError(
      "commitRows",
      `${commitRows} rows end ${generated} positions after the prompt, within a block of ${visibility.blockSize}: commit whole blocks`,
    );
  }
}
