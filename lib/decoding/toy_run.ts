/**
 * Drives a decoder over a toy model and keeps what tests look at.
 *
 * @module
 */
import type { DiffusionModel, ForwardRequest } from "../model/types.ts";
import type { Decoder, DecodeResult, DecodeStep } from "./types.ts";

/** A complete decode. */
export interface ToyRun {
  readonly requests: readonly ForwardRequest[];
  readonly steps: readonly DecodeStep[];
  readonly result: DecodeResult;
}

/** Runs a decoder to its end. */
export async function runDecoder<S>(
  decoder: Decoder<S>,
  { model, prompt }: {
    readonly model: DiffusionModel;
    readonly prompt: Int32Array;
  },
): Promise<ToyRun> {
  const session = model.open();
  const requests: ForwardRequest[] = [];
  const steps: DecodeStep[] = [];
  let move = decoder.start(prompt, model.spec);
  while (move.request !== undefined) {
    requests.push(move.request);
    move = decoder.next(move.state, await session.forward(move.request));
    steps.push(move.step!);
  }
  session.close();
  return { requests, steps, result: move.result! };
}
