/**
 * Functions of `code-mini` on lists of numbers.
 *
 * @module
 */
import {
  change,
  changeCode,
  changeKey,
  changeOrder,
  changeOrderOn,
  changePhrase,
  type CodeSpec,
  type CodeValue,
  conditionCode,
  conditionKey,
  conditionPhrase,
  drawChange,
  drawCondition,
  holds,
} from "./code_parts.ts";
import type { Draw } from "./draw.ts";

/** Names of a list's item, of a running value, and of a list that grows. */
const ITEMS = ["x", "v", "item"];
const TOTALS = ["total", "acc", "t"];
const OUTPUTS = ["out", "result"];

const numbers = (list: CodeValue) => list as readonly number[];
const sum = (list: readonly number[]) => list.reduce((t, x) => t + x, 0);

const WHOLES = {
  sum,
  product: (list: readonly number[]) => list.reduce((t, x) => t * x, 1),
  largest: (list: readonly number[]) => Math.max(...list),
  smallest: (list: readonly number[]) => Math.min(...list),
  length: (list: readonly number[]) => list.length,
  first: (list: readonly number[]) => list[0]!,
  last: (list: readonly number[]) => list[list.length - 1]!,
};

const WHOLE_WORDS: Record<keyof typeof WHOLES, string> = {
  sum: "the sum of a list",
  product: "the product of a list",
  largest: "the largest item of a list",
  smallest: "the smallest item of a list",
  length: "the length of a list",
  first: "the first item of a list",
  last: "the last item of a list",
};

/** A list into one number, then a change: `calc: the sum of a list then plus 3.` */
export function whole(draw: Draw): CodeSpec {
  const kind = draw.weighted<keyof typeof WHOLES>([
    ["sum", 3],
    ["product", 2],
    ["largest", 1],
    ["smallest", 1],
    ["length", 1],
    ["first", 1],
    ["last", 1],
  ]);
  const last = drawChange(draw);
  return {
    family: "whole",
    key: `whole/${kind}${changeKey(last)}`,
    parameters: ["list"],
    landmarks: [0],
    describe: (draw) =>
      `${WHOLE_WORDS[kind]} then ${
        draw.chance(0.5) ? changePhrase(last) : changeOrder(last)
      }`,
    implement: (draw, [xs]) => {
      const simple = {
        largest: [`Math.max(...${xs})`],
        smallest: [`Math.min(...${xs})`],
        length: [`${xs}.length`],
        first: [`${xs}[0]`],
        last: [`${xs}[${xs}.length - 1]`, `${xs}.at(-1)`],
      };
      if (kind !== "sum" && kind !== "product") {
        return { expression: changeCode(last, draw.pick(simple[kind])) };
      }
      const [symbol, zero] = kind === "sum" ? ["+", 0] : ["*", 1];
      const [t, x] = [draw.pick(TOTALS), draw.pick(ITEMS)];
      if (draw.chance(0.6)) {
        const fold =
          `${xs}.reduce((${t}, ${x}) => ${t} ${symbol} ${x}, ${zero})`;
        return { expression: changeCode(last, fold) };
      }
      return {
        statements:
          `let ${t} = ${zero}; for (const ${x} of ${xs}) { ${t} ${symbol}= ${x}; } return ${
            changeCode(last, t)
          };`,
      };
    },
    reference: (list) => change(last, WHOLES[kind](numbers(list))),
  };
}

/** Each item changed: `calc: add 3 to each item of a list.` */
export function each(draw: Draw): CodeSpec {
  const first = drawChange(draw);
  const second = draw.chance(0.4) ? drawChange(draw, first.symbol) : null;
  return {
    family: "each",
    key: `each/${changeKey(first)}${second ? changeKey(second) : ""}`,
    parameters: ["list"],
    landmarks: [0],
    describe: (draw) =>
      (draw.chance(0.5)
        ? changeOrderOn(first, "each item of a list")
        : `each item of a list ${changePhrase(first)}`) +
      (second ? ` then ${changeOrder(second)}` : ""),
    implement: (draw, [xs]) => {
      const x = draw.pick(ITEMS);
      const compound = first.symbol === "*" ? "atom" : "sum";
      const inner = changeCode(first, x);
      const text = second ? changeCode(second, inner, compound) : inner;
      if (draw.chance(0.6)) {
        return { expression: `${xs}.map((${x}) => ${text})` };
      }
      const out = draw.pick(OUTPUTS);
      return {
        statements:
          `const ${out} = []; for (const ${x} of ${xs}) { ${out}.push(${text}); } return ${out};`,
      };
    },
    reference: (list) =>
      numbers(list).map((x) => {
        const once = change(first, x);
        return second ? change(second, once) : once;
      }),
  };
}

/** Some items, perhaps changed: `calc: the items of a list above 3 then times 4.` */
export function keep(draw: Draw): CodeSpec {
  const condition = drawCondition(draw);
  const last = draw.chance(0.6) ? drawChange(draw) : null;
  return {
    family: "keep",
    key: `keep/${conditionKey(condition)}${last ? changeKey(last) : ""}`,
    parameters: ["list"],
    landmarks: [condition.constant],
    describe: (draw) =>
      (draw.chance(0.5)
        ? `the items of a list that are ${conditionPhrase(condition)}`
        : `keep items of a list that are ${conditionPhrase(condition)}`) +
      (last ? ` then ${changePhrase(last)}` : ""),
    implement: (draw, [xs]) => {
      const x = draw.pick(ITEMS);
      const test = conditionCode(condition, x);
      if (draw.chance(0.65)) {
        const rest = last ? `.map((${x}) => ${changeCode(last, x)})` : "";
        return { expression: `${xs}.filter((${x}) => ${test})${rest}` };
      }
      const out = draw.pick(OUTPUTS);
      const text = last ? changeCode(last, x) : x;
      return {
        statements:
          `const ${out} = []; for (const ${x} of ${xs}) { if (${test}) { ${out}.push(${text}); } } return ${out};`,
      };
    },
    reference: (list) =>
      numbers(list).filter((x) => holds(condition, x)).map((x) =>
        last ? change(last, x) : x
      ),
  };
}

/** How many items, or their sum: `calc: how many items of a list are above 3.` */
export function tally(draw: Draw): CodeSpec {
  const kind = draw.pick(["count", "sum"] as const);
  const condition = drawCondition(draw);
  const last = draw.chance(0.4) ? drawChange(draw) : null;
  const phrase = conditionPhrase(condition);
  return {
    family: "tally",
    key: `tally/${kind}${conditionKey(condition)}${
      last ? changeKey(last) : ""
    }`,
    parameters: ["list"],
    landmarks: [condition.constant],
    describe: (draw) => {
      const head = kind === "sum"
        ? `the sum of the items of a list that are ${phrase}`
        : draw.chance(0.5)
        ? `how many items of a list are ${phrase}`
        : `count items of a list that are ${phrase}`;
      return head + (last ? ` then ${changePhrase(last)}` : "");
    },
    implement: (draw, [xs]) => {
      const x = draw.pick(ITEMS);
      const test = conditionCode(condition, x);
      const t = draw.pick(TOTALS);
      if (draw.chance(0.6)) {
        const rest = kind === "sum"
          ? `.reduce((${t}, ${x}) => ${t} + ${x}, 0)`
          : ".length";
        const text = `${xs}.filter((${x}) => ${test})${rest}`;
        return { expression: last ? changeCode(last, text) : text };
      }
      const step = kind === "sum" ? x : "1";
      return {
        statements:
          `let ${t} = 0; for (const ${x} of ${xs}) { if (${test}) { ${t} += ${step}; } } return ${
            last ? changeCode(last, t) : t
          };`,
      };
    },
    reference: (list) => {
      const kept = numbers(list).filter((x) => holds(condition, x));
      const value = kind === "sum" ? sum(kept) : kept.length;
      return last ? change(last, value) : value;
    },
  };
}

/** One item by its index, changed: `calc: the item of a list at index 3 then plus 4.` */
export function at(draw: Draw): CodeSpec {
  const index = draw.integer(1, 4);
  const last = drawChange(draw);
  return {
    family: "at",
    key: `at/${index}${changeKey(last)}`,
    parameters: ["list"],
    landmarks: [0],
    describe: (draw) =>
      `the item of a list at index ${index} then ${
        draw.chance(0.5) ? changePhrase(last) : changeOrder(last)
      }`,
    implement: (draw, [xs]) => ({
      expression: changeCode(
        last,
        draw.pick([`${xs}[${index}]`, `${xs}.at(${index})`]),
      ),
    }),
    reference: (list) => change(last, numbers(list)[index]!),
  };
}
