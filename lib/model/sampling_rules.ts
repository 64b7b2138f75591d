/**
 * The rules of `SamplingOptions`.
 *
 * @module
 */
import { RequestError } from "./errors.ts";
import type { SamplingOptions } from "./types.ts";

/**
 * Checks sampling options against a vocabulary.
 *
 * @throws {RequestError} Naming the option at fault, what was given and what is wanted.
 */
export function checkSampling(
  sampling: SamplingOptions,
  vocabSize: number,
): void {
  const { temperature, topP, topK, entropyEpsilon, barred } = sampling;
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new RequestError(
      "sampling.temperature",
      `${temperature} given; a finite number of at least 0 is wanted`,
    );
  }
  if (topP !== null && !(topP > 0 && topP <= 1)) {
    throw new RequestError(
      "sampling.topP",
      `${topP} given; a mass in (0, 1], or null for no filter, is wanted`,
    );
  }
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) {
    throw new RequestError(
      "sampling.topK",
      `${topK} given; a whole number of at least 1, or null for no filter, is wanted`,
    );
  }
  if (!(entropyEpsilon >= 0 && entropyEpsilon < Infinity)) {
    throw new RequestError(
      "sampling.entropyEpsilon",
      `${entropyEpsilon} given; a finite number of at least 0 is wanted`,
    );
  }
  for (const id of barred) {
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
    throw new RequestError(
      "sampling.barred",
      `${id} given; ids from 0 to ${vocabSize - 1} are wanted`,
    );
  }
  if (barred.length >= vocabSize && new Set(barred).size === vocabSize) {
    throw new RequestError(
      "sampling.barred",
      `all ${vocabSize} ids are barred; at least one must be left to draw`,
    );
  }
}
