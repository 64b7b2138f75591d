/**
 * Functions of `code-mini` on texts.
 *
 * @module
 */
import {
  change,
  changeCode,
  changeKey,
  changeOrder,
  changePhrase,
  type CodeSpec,
  drawChange,
} from "./code_parts.ts";
import type { Draw } from "./draw.ts";

/** The length of a text, changed: `calc: the length of a text then times 3.` */
export function textLength(draw: Draw): CodeSpec {
  const last = drawChange(draw);
  return {
    family: "text-length",
    key: `text-length/${changeKey(last)}`,
    parameters: ["text"],
    landmarks: [],
    describe: (draw) =>
      `the length of a text then ${
        draw.chance(0.5) ? changePhrase(last) : changeOrder(last)
      }`,
    implement: (_, [s]) => ({ expression: changeCode(last, `${s}.length`) }),
    reference: (text) => change(last, (text as string).length),
  };
}

const PARTS = {
  "first": (text: string, k: number) => text.slice(0, k),
  "last": (text: string, k: number) => text.slice(-k),
  "without": (text: string, k: number) => text.slice(k),
};

function partWords(kind: keyof typeof PARTS, k: number): string {
  return kind === "without"
    ? `a text without its first ${k} letters`
    : `the ${kind} ${k} letters of a text`;
}

function partCode(kind: keyof typeof PARTS, s: string, k: number): string {
  if (kind === "first") return `${s}.slice(0, ${k})`;
  return kind === "last" ? `${s}.slice(-${k})` : `${s}.slice(${k})`;
}

function reverse(text: string): string {
  return [...text].reverse().join("");
}

/** Part of a text, perhaps repeated: `calc: the first 3 letters of a text then repeat 4 times.` */
export function textPart(draw: Draw): CodeSpec {
  const kind = draw.pick(Object.keys(PARTS) as readonly (keyof typeof PARTS)[]);
  const k = draw.integer(2, 9);
  const times = draw.chance(0.6) ? draw.integer(2, 9) : null;
  return {
    family: "text-part",
    key: `text-part/${kind}${k}x${times ?? 1}`,
    parameters: ["text"],
    landmarks: [],
    describe: (draw) =>
      (draw.chance(0.5) ? "take " : "") + partWords(kind, k) +
      (times ? ` then repeat ${times} times` : ""),
    implement: (_, [s]) => ({
      expression: partCode(kind, s!, k) + (times ? `.repeat(${times})` : ""),
    }),
    reference: (text) => PARTS[kind](text as string, k).repeat(times ?? 1),
  };
}

/** Part of a reversed text, perhaps repeated: `calc: reverse a text then take the first 3 letters.` */
export function textTurn(draw: Draw): CodeSpec {
  const kind = draw.pick(["first", "last"] as const);
  const k = draw.integer(2, 9);
  const times = draw.chance(0.5) ? draw.integer(2, 9) : null;
  return {
    family: "text-turn",
    key: `text-turn/${kind}${k}x${times ?? 1}`,
    parameters: ["text"],
    landmarks: [],
    describe: (draw) =>
      `${
        draw.chance(0.5) ? "reverse a text" : "reverse the text"
      } then take the ${kind} ${k} letters` +
      (times ? ` then repeat ${times} times` : ""),
    implement: (draw, [s]) => {
      const head = draw.pick([
        `${s}.split("").reverse().join("")`,
        `[...${s}].reverse().join("")`,
      ]);
      return {
        expression: partCode(kind, head, k) +
          (times ? `.repeat(${times})` : ""),
      };
    },
    reference: (text) =>
      PARTS[kind](reverse(text as string), k).repeat(times ?? 1),
  };
}
