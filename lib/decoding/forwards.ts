/**
 * Forwards that are put to the model before their answers are waited for.
 *
 * @module
 */
import { turnLoop } from "../engine/_event_loop.ts";
import type {
  ForwardRequest,
  ModelSession,
  Predictions,
} from "../model/types.ts";

/** A forward under way. */
export interface PendingForward {
  /** When it was put to the model, on the clock of `performance.now()`. */
  readonly began: number;
  readonly answer: Promise<Predictions>;
}

/** Puts a request to the model; comes back when its devices are at work, or the answer is there. */
export async function beginForward(
  session: ModelSession,
  request: ForwardRequest,
): Promise<PendingForward> {
  const began = performance.now();
  const answer = Promise.try(() => session.forward(request));
  const settled = answer.then(() => {}, () => {}); // whoever takes the answer hears of it
  await Promise.race([settled, turnLoop()]);
  return { began, answer };
}
