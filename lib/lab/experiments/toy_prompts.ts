/**
 * Prompts of the toy character task: the twelve of the golden traces first, then more of the same five kinds.
 *
 * @module
 */
import { counterUniforms } from "../../decoding/random.ts";

/** The prompts of the golden traces. */
export const GOLDEN_PROMPTS: readonly string[] = [
  "Q:rev night?",
  "Q:rev north?",
  "Q:color of sky?",
  "Q:sort 1 15 4?",
  "Q:4 step 5?",
  "Q:22+10=?",
  "Q:rev bird?",
  "Q:4+2=?",
  "Q:rev sun?",
  "Q:1 step 1?",
  "Q:18+8=?",
  "Q:10+29=?",
];

const WORDS = ["moon", "tree", "river", "stone", "light", "south", "fish"];
const THINGS = ["grass", "sea", "sun", "snow", "moon", "tree"];

/** Seed of the further prompts. */
export const PROMPT_SEED = 2026;

type Draw = (below: number) => number;

const KINDS: readonly ((draw: Draw) => string)[] = [
  (draw) => `Q:rev ${WORDS[draw(WORDS.length)]}?`,
  (draw) => `Q:${1 + draw(30)}+${1 + draw(30)}=?`,
  (draw) => `Q:sort ${1 + draw(20)} ${1 + draw(20)} ${1 + draw(20)}?`,
  (draw) => `Q:${1 + draw(9)} step ${1 + draw(9)}?`,
  (draw) => `Q:color of ${THINGS[draw(THINGS.length)]}?`,
];

/** Draws without a new prompt after which there are taken to be no more. */
const PATIENCE = 200;

/** The first `count` prompts, all different. Throws `RangeError` when there are not that many. */
export function toyPrompts(count: number): readonly string[] {
  const uniform = counterUniforms(PROMPT_SEED);
  const prompts = new Set(GOLDEN_PROMPTS.slice(0, count));
  for (let round = 0, fresh = 0; prompts.size < count; round++) {
    if (round - fresh > PATIENCE) {
      throw new RangeError(
        `Cannot make ${count} different toy prompts: there are about ${prompts.size}`,
      );
    }
    let position = 0;
    const draw: Draw = (below) => {
      const key = { round, branch: 0, position: position++, purpose: "prompt" };
      return Math.floor(uniform(key) * below);
    };
    const before = prompts.size;
    prompts.add(KINDS[round % KINDS.length]!(draw));
    if (prompts.size > before) fresh = round;
  }
  return [...prompts];
}
