/**
 * Functions of `code-mini` on numbers.
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
  conditionCode,
  conditionKey,
  conditionPhrase,
  drawChange,
  drawCondition,
  holds,
} from "./code_parts.ts";
import type { Draw } from "./draw.ts";

/** One or two changes of a number: `calc: add 3 to a number then multiply by 4.` */
export function linear(draw: Draw): CodeSpec {
  const first = drawChange(draw);
  const second = draw.chance(0.6) ? drawChange(draw, first.symbol) : null;
  const changes = second === null ? [first] : [first, second];
  return {
    family: "linear",
    key: `linear/${changes.map(changeKey).join("")}`,
    parameters: ["number"],
    landmarks: [0],
    describe: (draw) => {
      const parts = draw.chance(0.5)
        ? [
          changeOrderOn(first, "a number"),
          ...changes.slice(1).map(changeOrder),
        ]
        : [
          `a number ${changePhrase(first)}`,
          ...changes.slice(1).map(changePhrase),
        ];
      return parts.join(" then ");
    },
    implement: (draw, [n]) => {
      const swap = first.symbol !== "-" && draw.chance(0.2);
      const inner = swap
        ? `${first.constant} ${first.symbol} ${n}`
        : changeCode(first, n!);
      if (second === null) return { expression: inner };
      if (draw.chance(0.25)) {
        const r = draw.pick(["r", "result"]);
        return {
          statements:
            `let ${r} = ${inner}; ${r} ${second.symbol}= ${second.constant}; return ${r};`,
        };
      }
      const compound = first.symbol === "*" ? "atom" : "sum";
      return { expression: changeCode(second, inner, compound) };
    },
    reference: (n) => changes.reduce((v, each) => change(each, v), n as number),
  };
}

const PAIRS = {
  sum: (a: number, b: number) => a + b,
  product: (a: number, b: number) => a * b,
  difference: (a: number, b: number) => a - b,
  larger: (a: number, b: number) => Math.max(a, b),
  smaller: (a: number, b: number) => Math.min(a, b),
};

/** Two numbers into one, then a change: `calc: the larger of two numbers then plus 3.` */
export function pair(draw: Draw): CodeSpec {
  const kind = draw.pick(
    Object.keys(PAIRS) as readonly (keyof typeof PAIRS)[],
  );
  const last = drawChange(draw);
  return {
    family: "pair",
    key: `pair/${kind}${changeKey(last)}`,
    parameters: ["number", "number"],
    landmarks: [0],
    describe: (draw) => {
      const head = `the ${kind} of two numbers`;
      return `${head} then ${
        draw.chance(0.5) ? changePhrase(last) : changeOrder(last)
      }`;
    },
    implement: (draw, [a, b]) => {
      if (kind === "larger" || kind === "smaller") {
        const [name, sign] = kind === "larger" ? ["max", ">"] : ["min", "<"];
        return {
          expression: draw.chance(0.6)
            ? changeCode(last, `Math.${name}(${a}, ${b})`)
            : changeCode(last, `${a} ${sign} ${b} ? ${a} : ${b}`, "choice"),
        };
      }
      const symbol = { sum: "+", product: "*", difference: "-" }[kind];
      const swap = kind !== "difference" && draw.chance(0.2);
      const inner = swap ? `${b} ${symbol} ${a}` : `${a} ${symbol} ${b}`;
      const compound = kind === "product" ? "atom" : "sum";
      return { expression: changeCode(last, inner, compound) };
    },
    reference: (a, b) => change(last, PAIRS[kind](a as number, b as number)),
  };
}

/** A number kept within bounds, then perhaps a change: `calc: limit a number to at most 17 then add 3.` */
export function bound(draw: Draw): CodeSpec {
  const kind = draw.pick(["at most", "at least", "between"] as const);
  const low = kind === "at most" ? null : draw.integer(2, 18);
  const high = kind === "at least"
    ? null
    : draw.integer(low === null ? 2 : low + 1, 20);
  const last = draw.chance(0.5) ? drawChange(draw) : null;
  const words = kind === "between"
    ? `between ${low} and ${high}`
    : `${kind} ${low ?? high}`;
  return {
    family: "bound",
    key: `bound/${low ?? ""}..${high ?? ""}${last ? changeKey(last) : ""}`,
    parameters: ["number"],
    landmarks: [low ?? 0, high ?? 0],
    describe: (draw) =>
      (draw.chance(0.5)
        ? `limit a number to ${words}`
        : `keep a number ${words}`) +
      (last ? ` then ${changeOrder(last)}` : ""),
    implement: (draw, [n]) => {
      const call = draw.chance(0.6);
      const text = call
        ? low === null
          ? `Math.min(${n}, ${high})`
          : high === null
          ? `Math.max(${n}, ${low})`
          : `Math.min(Math.max(${n}, ${low}), ${high})`
        : low === null
        ? `${n} > ${high} ? ${high} : ${n}`
        : high === null
        ? `${n} < ${low} ? ${low} : ${n}`
        : `${n} < ${low} ? ${low} : ${n} > ${high} ? ${high} : ${n}`;
      if (last === null) return { expression: text };
      return { expression: changeCode(last, text, call ? "atom" : "choice") };
    },
    reference: (n) => {
      const kept = Math.min(
        Math.max(n as number, low ?? -Infinity),
        high ?? Infinity,
      );
      return last === null ? kept : change(last, kept);
    },
  };
}

/** Distance to a constant, then perhaps a change: `calc: the distance of a number to 7.` */
export function distance(draw: Draw): CodeSpec {
  const c = draw.integer(2, 20);
  const last = draw.chance(0.6) ? drawChange(draw) : null;
  return {
    family: "distance",
    key: `distance/${c}${last ? changeKey(last) : ""}`,
    parameters: ["number"],
    landmarks: [c],
    describe: (draw) =>
      (draw.chance(0.5) ? "the " : "take the ") +
      `distance of a number to ${c}` +
      (last ? ` then ${changePhrase(last)}` : ""),
    implement: (draw, [n]) => {
      const call = draw.chance(0.6);
      const text = call
        ? `Math.abs(${n} - ${c})`
        : `${n} > ${c} ? ${n} - ${c} : ${c} - ${n}`;
      if (last === null) return { expression: text };
      return { expression: changeCode(last, text, call ? "atom" : "choice") };
    },
    reference: (n) => {
      const far = Math.abs(n as number - c);
      return last === null ? far : change(last, far);
    },
  };
}

/** A yes or no: `calc: whether a number plus 3 is even.` */
export function test(draw: Draw): CodeSpec {
  const condition = drawCondition(draw);
  const bounded = condition.kind === "above" || condition.kind === "below";
  const before = draw.chance(0.6)
    ? drawChange(draw, bounded ? undefined : "*")
    : null;
  return {
    family: "test",
    key: `test/${before ? changeKey(before) : ""}${conditionKey(condition)}`,
    parameters: ["number"],
    landmarks: before === null
      ? [condition.constant]
      : before.symbol === "*"
      ? [Math.floor(condition.constant / before.constant)]
      : [condition.constant - change(before, 0)],
    describe: (draw) =>
      (draw.chance(0.5) ? "whether a number " : "check if a number ") +
      (before ? `${changePhrase(before)} ` : "") +
      `is ${conditionPhrase(condition)}`,
    implement: (draw, [n]) => {
      const operand = before ? changeCode(before, n!) : n!;
      const text = conditionCode(condition, operand, before !== null);
      return draw.chance(0.7)
        ? { expression: text }
        : { statements: `if (${text}) { return true; } return false;` };
    },
    reference: (n) =>
      holds(
        condition,
        before === null ? n as number : change(before, n as number),
      ),
  };
}

/** Two rules: `calc: if a number is above 7 add 3 else multiply by 4.` */
export function rule(draw: Draw): CodeSpec {
  const condition = drawCondition(draw);
  const yes = drawChange(draw);
  const no = drawChange(draw, yes.symbol);
  return {
    family: "rule",
    key: `rule/${conditionKey(condition)}${changeKey(yes)}${changeKey(no)}`,
    parameters: ["number"],
    landmarks: [condition.constant],
    describe: (draw) => {
      const phrase = conditionPhrase(condition);
      const [then, other] = [changeOrder(yes), changeOrder(no)];
      return draw.chance(0.5)
        ? `if a number is ${phrase} ${then} else ${other}`
        : `${then} when a number is ${phrase} else ${other}`;
    },
    implement: (draw, [n]) => {
      const [test, a, b] = [
        conditionCode(condition, n!),
        changeCode(yes, n!),
        changeCode(no, n!),
      ];
      return draw.chance(0.5)
        ? { expression: `${test} ? ${a} : ${b}` }
        : { statements: `if (${test}) { return ${a}; } return ${b};` };
    },
    reference: (n) =>
      change(holds(condition, n as number) ? yes : no, n as number),
  };
}
