/**
 * The decodes that the projection is fed with: LoPA under the settings of the paper's Table 6, on the tiny golden models.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { Mode } from "../cell.ts";
import type { TinyModel } from "../claims/tiny_claims.ts";
import type { JsonObject } from "../json.ts";
import type { DecoderData } from "./methods.ts";

/** What branches of a window see: `full` as LoPA-Dist-NV, `block-causal` as LoPA-Dist-Ascend. */
export type Visibility = "full" | "block-causal";

/** tau_act = tau_conf of the settings, S1 to S6 and so on; Table 6. */
export const THRESHOLDS = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7] as const;

/** The first and the last of them, at which meshes are compared. */
export const THRESHOLD_ENDS = [0.95, 0.7] as const;

/** Lookaheads: one, two, four, eight and sixteen sequences. */
export const LOOKAHEADS = [0, 1, 3, 7, 15] as const;

/** Which recordings a projection is fed with. */
export interface RecordingSource {
  readonly model: TinyModel;
  readonly blockSize: number;
}

/** Model and block size of the projection itself: the paper's block size. */
export const MAIN_SOURCE: RecordingSource = {
  model: "dream-tiny",
  blockSize: 32,
};

/** Others, to see how much depends on that choice. */
export const OTHER_SOURCES: readonly RecordingSource[] = [
  { model: "dream-tiny", blockSize: 16 },
  { model: "llada-tiny", blockSize: 32 },
];

/** Blocks of an answer at most; the paper's has 16. */
const BLOCKS = 4;

/** Prompts per cell. */
const PROMPTS: Record<Mode, number> = { quick: 8, default: 24, full: 48 };

/** A cell: one recording. */
export type RecordingParameters = {
  readonly model: TinyModel;
  readonly blockSize: number;
  readonly visibility: Visibility;
  readonly lookaheads: number;
  readonly threshold: number;
  readonly decoder: DecoderData;
  readonly prompts: number;
};

function decoderOf(
  given: Omit<RecordingParameters, "decoder" | "prompts" | "model">,
): DecoderData {
  const { blockSize, visibility, lookaheads, threshold } = given;
  const options = {
    ...{ blockSize, visibility, lookaheads },
    maxNewTokens: BLOCKS * blockSize,
    addThreshold: 0.1,
    activateThreshold: threshold,
    confidenceThreshold: threshold,
    strategy: "negEntropy",
  };
  const decoder = createDecoder({ name: "lopa", options });
  return { name: "lopa", options: decoder.options as JsonObject };
}

/** Where a recording stands. */
type Place = RecordingSource & {
  readonly visibility: Visibility;
  readonly lookaheads: number;
  readonly threshold: number;
};

/**
 * What is recorded: the published numbers of lookaheads at every threshold; for the main source also the others, which meshes
 * need, at the two ends.
 */
export function recordingPlaces(): Place[] {
  return [MAIN_SOURCE, ...OTHER_SOURCES].flatMap((source) =>
    (["full", "block-causal"] as const).flatMap((visibility) => {
      const published = visibility === "full" ? [3, 7] : [3];
      const all = source === MAIN_SOURCE ? LOOKAHEADS : published;
      return all.flatMap((lookaheads) => {
        const thresholds = published.includes(lookaheads)
          ? THRESHOLDS
          : THRESHOLD_ENDS;
        return thresholds.map((threshold) => ({
          ...source,
          ...{ visibility, lookaheads, threshold },
        }));
      });
    })
  );
}

/** All recordings of a mode. */
export function recordings(mode: Mode): RecordingParameters[] {
  return recordingPlaces().map((place) => ({
    ...place,
    decoder: decoderOf(place),
    prompts: PROMPTS[mode],
  }));
}
