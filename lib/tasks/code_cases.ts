/**
 * Hidden asserts: inputs of a function and what its reference returns.
 *
 * @module
 */
import type { CodeSpec, CodeValue, ParameterKind } from "./code_parts.ts";
import type { Draw } from "./draw.ts";

/** One assert. */
export interface CodeCase {
  /** Arguments of the call. */
  readonly input: readonly CodeValue[];
  /** What the call has to return. */
  readonly expected: CodeValue;
}

/** Asserts per problem. */
export const CASES = 8;

/** A number: half the time at, just below or just above a landmark. */
function drawNumber(draw: Draw, landmarks: readonly number[]): number {
  if (landmarks.length > 0 && draw.chance(0.5)) {
    return draw.pick(landmarks) + draw.integer(-1, 1);
  }
  return draw.integer(-12, 40);
}

function drawValue(
  draw: Draw,
  kind: ParameterKind,
  landmarks: readonly number[],
): CodeValue {
  switch (kind) {
    case "number":
      return drawNumber(draw, landmarks);
    case "list":
      return Array.from(
        { length: draw.integer(5, 7) },
        () => drawNumber(draw, landmarks),
      );
    case "text":
      return Array.from(
        { length: draw.integer(4, 14) },
        () => draw.pick([..."abcdefgh"]),
      ).join("");
  }
}

/**
 * Draws {@linkcode CASES} asserts with different inputs. Those of a function of one number visit every landmark with both its
 * neighbours.
 */
export function drawCases(draw: Draw, spec: CodeSpec): CodeCase[] {
  const cases = new Map<string, CodeCase>();
  const add = (input: readonly CodeValue[]) => {
    cases.set(JSON.stringify(input), {
      input,
      expected: spec.reference(...input),
    });
  };
  if (spec.parameters.length === 1 && spec.parameters[0] === "number") {
    for (const landmark of spec.landmarks) {
      for (const near of [-1, 0, 1]) add([landmark + near]);
    }
  }
  while (cases.size < CASES) {
    add(spec.parameters.map((kind) => drawValue(draw, kind, spec.landmarks)));
  }
  return [...cases.values()];
}
