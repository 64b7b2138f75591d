/**
 * NaN and infinities that the engine found, in the terms of models.
 *
 * @module
 */
import { EngineError } from "../engine/mod.ts";
import { NonFiniteError } from "./errors.ts";

/** Throws what the engine threw: an error of status NUMERIC as a {@linkcode NonFiniteError}. */
export function rethrowNumeric(error: unknown): never {
  if (error instanceof EngineError && error.status === "NUMERIC") {
    throw new NonFiniteError(error.message);
  }
  throw error;
}
