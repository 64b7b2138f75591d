/**
 * Stand-in for `@std/assert` on machines that cannot reach JSR: the functions this project's tests use, written afresh on
 * `node:assert/strict`. `deno task test` falls back to it and says so; wherever JSR answers, the real package is used.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

/** Error thrown by every failing assertion of this module. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

function rethrow(run: () => void, msg?: string): void {
  try {
    run();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AssertionError(msg === undefined ? detail : `${msg}: ${detail}`, {
      cause,
    });
  }
}

/** Asserts that `expr` is truthy. */
export function assert(
  expr: unknown,
  msg = "Expected a truthy value",
): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts deep equality. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  rethrow(() => nodeAssert.deepStrictEqual(actual, expected), msg);
}

/** Asserts deep inequality. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  rethrow(() => nodeAssert.notDeepStrictEqual(actual, expected), msg);
}

/** Asserts `Object.is` equality. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  rethrow(() => nodeAssert.strictEqual(actual, expected), msg);
}

/** Asserts that a value is neither `null` nor `undefined`. */
export function assertExists<T>(
  actual: T,
  msg = "Expected a value, got null or undefined",
): asserts actual is NonNullable<T> {
  if (actual === null || actual === undefined) throw new AssertionError(msg);
}

/** Asserts `|actual - expected| <= tolerance` (default 1e-7 of `expected`). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const bound = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= bound) return;
  throw new AssertionError(
    `${
      msg ? msg + ": " : ""
    }Expected ${actual} to be within ${bound} of ${expected}: delta ${delta}`,
  );
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) {
    throw new AssertionError(msg ?? `Expected ${actual} > ${expected}`);
  }
}

/** Asserts `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual >= expected)) {
    throw new AssertionError(msg ?? `Expected ${actual} >= ${expected}`);
  }
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) {
    throw new AssertionError(msg ?? `Expected ${actual} < ${expected}`);
  }
}

/** Asserts `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual <= expected)) {
    throw new AssertionError(msg ?? `Expected ${actual} <= ${expected}`);
  }
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      msg ?? `Expected "${actual}" to contain "${expected}"`,
    );
  }
}

/** Asserts that `actual` matches `expected`. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) {
    throw new AssertionError(
      msg ?? `Expected "${actual}" to match ${expected}`,
    );
  }
}

// deno-lint-ignore no-explicit-any -- any constructor, as in the package it stands in for
type AnyConstructor = new (...args: any[]) => any;

/** Asserts `actual instanceof expectedType`. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    msg ?? `Expected an instance of ${expectedType.name}, got ${actual}`,
  );
}

function checkError<E extends Error>(
  error: unknown,
  ErrorClass: (new (...args: never[]) => E) | undefined,
  part?: string,
): E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected an Error to be thrown, got ${error}`);
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected ${ErrorClass.name}, got ${error.name}: ${error.message}`,
      { cause: error },
    );
  }
  if (part !== undefined && !error.message.includes(part)) {
    throw new AssertionError(
      `Expected the message to include "${part}", got "${error.message}"`,
      { cause: error },
    );
  }
  return error as E;
}

/** Asserts that `fn` throws, of class `ErrorClass` with a message that includes `msgIncludes`; returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass?: new (...args: never[]) => E,
  msgIncludes?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes);
  }
  throw new AssertionError("Expected the function to throw");
}

/** Asserts that the promise of `fn` rejects, of class `ErrorClass` with a message that includes `msgIncludes`; resolves to the error. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass?: new (...args: never[]) => E,
  msgIncludes?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes);
  }
  throw new AssertionError("Expected the promise to reject");
}

/** Fails unconditionally. */
export function fail(msg = "Failed unconditionally"): never {
  throw new AssertionError(msg);
}
