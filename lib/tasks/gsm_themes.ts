/**
 * The wordings of questions. In a sentence, `{N}` is the person's name, `{S}` the name or pronoun, `{a}` the first number,
 * `{k}` the number of a step, `{o}` the things. Every story names its persons: answers speak of them.
 *
 * @module
 */
import type { Operator } from "./gsm_chain.ts";

/** A kind of story: how it opens, how each operation happens, and what is asked. */
export interface Theme {
  /** Label of the problem. */
  readonly name: string;
  /** Whether each step is about another person. */
  readonly cast: "one" | "several";
  /** What is counted, where the story says so. */
  readonly things?: string;
  /** Opening sentences. */
  readonly open: readonly string[];
  /** Sentences of a step. */
  readonly clauses: Readonly<Record<Operator, readonly string[]>>;
  /** Questions. */
  readonly ask: readonly string[];
}

/** A person. */
export interface Person {
  /** First name. */
  readonly name: string;
  /** `he` or `she`. */
  readonly pronoun: string;
}

/** The persons of the world. */
export const PERSONS: readonly Person[] = [
  ...["Tom", "Sam", "Ben", "Max", "Leo", "Dan"].map((name) => ({
    name,
    pronoun: "he",
  })),
  ...["Ann", "Eva", "Mia", "Zoe", "Amy", "Ida"].map((name) => ({
    name,
    pronoun: "she",
  })),
];

/** The things of the world. */
export const THINGS: readonly string[] = [
  "pens",
  "cups",
  "books",
  "cards",
  "coins",
  "eggs",
  "apples",
  "shells",
  "stamps",
  "balls",
  "keys",
  "hats",
];

/** The stories. */
export const THEMES: readonly Theme[] = [
  {
    name: "trade",
    cast: "one",
    open: ["{N} has {a} {o}.", "{N} starts with {a} {o}."],
    clauses: {
      "+": ["{S} buys {k} more."],
      "-": ["{S} sells {k}."],
      "*": ["{S} trades each for {k}."],
      "/": ["Only one in {k} is left."],
    },
    ask: ["How many {o} has {N}?", "How many {o} are left?"],
  },
  {
    name: "gift",
    cast: "one",
    open: ["{N} gets {a} {o}."],
    clauses: {
      "+": ["A friend gives {k} more.", "{S} gets {k} more."],
      "-": ["{S} gives {k} back."],
      "*": ["Each one turns into {k}."],
      "/": ["{S} shares them among {k}."],
    },
    ask: ["How many {o} has {N}?", "How many {o} does {N} get?"],
  },
  {
    name: "table",
    cast: "one",
    open: ["{N} sees {a} {o}."],
    clauses: {
      "+": ["{S} brings {k}.", "{S} adds {k}."],
      "-": ["{S} takes {k}."],
      "*": ["The pile grows {k} times."],
      "/": ["Only one in {k} stays."],
    },
    ask: ["How many {o} are there?", "How many {o} are left?"],
  },
  {
    name: "box",
    cast: "one",
    open: ["{N} packs {a} {o}."],
    clauses: {
      "+": ["{S} adds {k}.", "{S} packs {k} more."],
      "-": ["{S} takes {k} out."],
      "*": ["{S} packs {k} such boxes."],
      "/": ["{k} friends share them."],
    },
    ask: ["How many {o} has {N}?", "How many {o} are there?"],
  },
  {
    name: "find",
    cast: "one",
    open: ["{N} finds {a} {o}."],
    clauses: {
      "+": ["{S} finds {k} more.", "{S} gets {k} more."],
      "-": ["{S} loses {k}."],
      "*": ["{S} gets {k} times as many."],
      "/": ["{S} keeps one in {k}."],
    },
    ask: ["How many {o} has {N}?"],
  },
  {
    name: "work",
    cast: "one",
    open: ["{N} makes {a} {o} a day."],
    clauses: {
      "+": ["{S} makes {k} extra."],
      "-": ["{S} makes {k} fewer."],
      "*": ["{S} works for {k} days."],
      "/": ["Only one in {k} is good."],
    },
    ask: ["How many {o} has {N}?", "How many {o} are there?"],
  },
  {
    name: "store",
    cast: "one",
    open: ["{N} stores {a} {o}."],
    clauses: {
      "+": ["A truck brings {k}.", "{S} buys {k} more."],
      "-": ["A truck takes {k}.", "{S} sells {k}."],
      "*": ["The stock grows {k} times."],
      "/": ["The stock is cut {k} times."],
    },
    ask: ["How many {o} are left?", "How many {o} are there?"],
  },
  {
    name: "game",
    cast: "one",
    things: "points",
    open: ["{N} has {a} points.", "{N} starts with {a} points."],
    clauses: {
      "+": ["{S} wins {k}.", "{S} earns {k} more."],
      "-": ["{S} loses {k}."],
      "*": ["The score grows {k} times."],
      "/": ["The score is cut {k} times."],
    },
    ask: ["How many points has {N}?"],
  },
  {
    name: "compare",
    cast: "several",
    open: ["{N} has {a} {o}."],
    clauses: {
      "+": ["{N} has {k} more."],
      "-": ["{N} has {k} fewer."],
      "*": ["{N} has {k} times as many."],
      "/": ["{N} has {k} times fewer."],
    },
    ask: ["How many {o} has {N}?"],
  },
  {
    name: "age",
    cast: "several",
    things: "years",
    open: ["{N} is {a}.", "{N} is {a} years old."],
    clauses: {
      "+": ["{N} is {k} older."],
      "-": ["{N} is {k} younger."],
      "*": ["{N} is {k} times as old."],
      "/": ["{N} is {k} times younger."],
    },
    ask: ["How old is {N}?"],
  },
  {
    name: "price",
    cast: "one",
    things: "coins",
    open: ["A ticket costs {a} coins."],
    clauses: {
      "+": ["The price goes {k} up."],
      "-": ["The price goes {k} down."],
      "*": ["{N} buys {k}."],
      "/": ["{k} friends share it."],
    },
    ask: ["What does {N} pay?"],
  },
  {
    name: "walk",
    cast: "one",
    things: "miles",
    open: ["{N} walks {a} miles."],
    clauses: {
      "+": ["{S} walks {k} more."],
      "-": ["{S} goes {k} back."],
      "*": ["{S} goes {k} times as far."],
      "/": ["{S} splits it over {k} days."],
    },
    ask: ["How many miles is that?", "How far is that?"],
  },
];
