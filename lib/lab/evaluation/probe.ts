/**
 * How sure a model is, position by position and step by step: in the states that it decodes through itself, and in those of
 * another decode that it is shown, so that two models can be compared without one being further ahead.
 *
 * @module
 */
import type {
  BranchPredictions,
  DiffusionModel,
  ForwardRequest,
  ModelSession,
} from "../../model/types.ts";
import type { Decoder } from "../../decoding/types.ts";

/** A canvas among those that a decode goes through, and how sure the model is of what is still masked in it. */
export interface ProbedState {
  /** 0-based forward before which the canvas looked like this. */
  readonly step: number;
  /** Prompt and answer with its masks, `[L]`. */
  readonly canvas: Int32Array;
  /** Masked positions, ascending, `[n]`. */
  readonly positions: Int32Array;
  /** Likeliest token of each, `[n]`. */
  readonly tokens: Int32Array;
  /** Its probability, `[n]`. */
  readonly confidence: Float32Array;
}

/** A decode with its states. */
export interface ProbedDecode {
  readonly states: readonly ProbedState[];
  /** Generated ids, every position of the canvas. */
  readonly ids: Int32Array;
}

/**
 * Decodes a prompt and keeps, for every forward, how sure the model was of all masked positions, also of those that the decoder
 * did not ask for.
 *
 * @throws {RangeError} For a decoder that uses the cache or several branches.
 * @throws What decoder and model throw.
 */
export async function probeDecode(
  model: DiffusionModel,
  decoder: Decoder,
  prompt: Int32Array,
): Promise<ProbedDecode> {
  const { maxNewTokens } = decoder.options;
  const session = model.open({
    maxPositions: prompt.length + Number(maxNewTokens),
  });
  const states: ProbedState[] = [];
  try {
    let { state, request, result } = decoder.start(prompt, model.spec);
    while (request !== undefined) {
      const asked = wholeCanvas(request);
      const { probed, predictions } = await probe(session, request, {
        canvas: asked.tokens,
        maskId: model.spec.maskId!,
        step: states.length,
      });
      states.push(probed);
      ({ state, request, result } = decoder.next(state, {
        branches: [restrict(predictions, asked.predict)],
        rows: asked.tokens.length,
      }));
    }
    return { states, ids: result!.ids };
  } finally {
    session.close();
  }
}

/** How sure a model is in states of another decode. The request of the decoder's first forward says how tokens are drawn. */
export async function probeStates(
  model: DiffusionModel,
  states: readonly Pick<ProbedState, "step" | "canvas">[],
  { decoder, prompt }: {
    readonly decoder: Decoder;
    readonly prompt: Int32Array;
  },
): Promise<ProbedState[]> {
  const first = decoder.start(prompt, model.spec).request!;
  wholeCanvas(first);
  const longest = Math.max(...states.map(({ canvas }) => canvas.length));
  const session = model.open({ maxPositions: longest });
  try {
    const found: ProbedState[] = [];
    for (const { step, canvas } of states) {
      const maskId = model.spec.maskId!;
      const place = { canvas, maskId, step };
      found.push((await probe(session, first, place)).probed);
    }
    return found;
  } finally {
    session.close();
  }
}

function wholeCanvas({ cache, cached, branches }: ForwardRequest) {
  const [branch] = branches;
  const whole = branches.length === 1 && cache.length === 0 &&
    cached.length === 0 && branch!.start === 0;
  if (whole) return branch!;
  throw new RangeError(
    `the decoder's request has ${branches.length} branches and ${cached.length} cached ranges; one whole canvas is wanted: choose a ` +
      "decoder without cache and lookaheads",
  );
}

async function probe(
  session: ModelSession,
  request: ForwardRequest,
  { canvas, maskId, step }: {
    readonly canvas: Int32Array;
    readonly maskId: number;
    readonly step: number;
  },
): Promise<{ probed: ProbedState; predictions: BranchPredictions }> {
  const positions = Int32Array.from(
    [...canvas.keys()].filter((position) => canvas[position] === maskId),
  );
  const branch = { start: 0, tokens: canvas, predict: positions };
  const { branches } = await session.forward({
    ...request,
    sampling: { ...request.sampling, temperature: 0 },
    branches: [branch],
  });
  const predictions = branches[0]!;
  return {
    predictions,
    probed: {
      ...{ step, canvas: canvas.slice(), positions },
      tokens: predictions.tokens,
      confidence: predictions.probability,
    },
  };
}

/** The predictions of some of the positions. */
function restrict(
  all: BranchPredictions,
  wanted: Int32Array,
): BranchPredictions {
  const places = Array.from(
    wanted,
    (position) => all.positions.indexOf(position),
  );
  const pick = (values: Float32Array) =>
    Float32Array.from(places, (place) => values[place]!);
  return {
    positions: wanted.slice(),
    tokens: Int32Array.from(places, (place) => all.tokens[place]!),
    probability: pick(all.probability),
    margin: pick(all.margin),
    negEntropy: pick(all.negEntropy),
  };
}
