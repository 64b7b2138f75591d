/**
 * The question of a word problem.
 *
 * @module
 */
import type { Draw } from "./draw.ts";
import type { Step } from "./gsm_chain.ts";
import { type Person, PERSONS, type Theme, THINGS } from "./gsm_themes.ts";

/** Who and what a story is about. */
export interface Cast {
  /** The person of the opening, then one per step: all the same in a story of one person. */
  readonly persons: readonly Person[];
  /** The things counted. */
  readonly things: string;
}

/** Draws a cast: the things, and one person, or a different one for each number of the story. */
export function drawCast(
  draw: Draw,
  { theme, steps }: { readonly theme: Theme; readonly steps: number },
): Cast {
  const persons = [draw.pick(PERSONS)];
  while (persons.length <= steps) {
    persons.push(
      theme.cast === "one"
        ? persons[0]!
        : draw.pick(PERSONS.filter((person) => !persons.includes(person))),
    );
  }
  return { persons, things: theme.things ?? draw.pick(THINGS) };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function fill(sentence: string, values: Record<string, string>): string {
  const text = sentence.replace(
    /\{(\w)\}/g,
    (_, name: string) => values[name]!,
  );
  return capital(text);
}

/** Words the question: opening, one sentence per step, question. */
export function wordQuestion(draw: Draw, { theme, cast, steps }: {
  readonly theme: Theme;
  readonly cast: Cast;
  readonly steps: readonly Step[];
}): string {
  const { persons, things } = cast;
  const values = (at: number, number: number) => {
    const { name, pronoun } = persons[at]!;
    const subject = draw.chance(0.5) ? name : pronoun;
    return {
      N: name,
      S: subject,
      a: String(number),
      k: String(number),
      o: things,
    };
  };
  const sentences = [
    fill(draw.pick(theme.open), values(0, steps[0]!.left)),
    ...steps.map(({ operator, right }, i) =>
      fill(draw.pick(theme.clauses[operator]), values(i + 1, right))
    ),
    fill(draw.pick(theme.ask), values(steps.length, 0)),
  ];
  return sentences.join(" ");
}
