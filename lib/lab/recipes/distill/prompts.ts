/**
 * Prompts from a file: one JSON object per line with `prompt`, the text as the model is to see it with its chat template, and
 * `answer`, the final answer that a right response ends in.
 *
 * @module
 */
import type { Tokenizer } from "../../../model/tokenizer.ts";
import { sha256 } from "../../json.ts";
import { PromptsError } from "./errors.ts";
import { PAPER_CANVAS, PROMPTS_TASK } from "./paper.ts";
import type { DistillTask, DistillWorld } from "./world.ts";

/** One line. */
interface PromptLine {
  readonly prompt: string;
  readonly answer: string;
}

/** Share of the lines, from the end of the file, that adapters are compared on, and their largest number. */
const DEV_SHARE = 0.1, MOST_DEV = 64;

/**
 * The world of a prompts file. Its last lines, at most 64, are the development split; the others are trained on.
 *
 * @param text Contents of the file.
 * @param options `path`: name of the file, for messages; `maxNewTokens`: positions of an answer, default 256.
 * @throws {PromptsError} For a line without prompt or answer, and for fewer than two lines.
 */
export function promptsWorld(
  text: string,
  { path, tokenizer, maxNewTokens = PAPER_CANVAS }: {
    readonly path: string;
    readonly tokenizer: Tokenizer;
    readonly maxNewTokens?: number;
  },
): DistillWorld & { readonly dev: number } {
  const lines = text.split("\n").filter((line) => line.trim() !== "").map(
    (line, i) => readLine(line, `${path}, line ${i + 1}`),
  );
  if (lines.length < 2) {
    throw new PromptsError(
      `${path} holds ${lines.length} lines; give at least one to train on and one to compare adapters on`,
    );
  }
  const dev = Math.min(MOST_DEV, Math.ceil(DEV_SHARE * lines.length));
  const available = lines.length - dev;
  const lineAt = (split: string, index: number) =>
    lines[split === "dev" ? available + index % dev : index]!;
  const task: DistillTask = {
    ...{ maxNewTokens, available },
    digest: sha256(`${text} ${tokenizer.digest}`),
    prompt: (split, index) => tokenizer.encode(lineAt(split, index).prompt),
    right(split, index, answer) {
      const said = tokenizer.decode(answer, { skipSpecial: true });
      return Promise.resolve(sameFinal(said, lineAt(split, index).answer));
    },
  };
  return {
    dev,
    tasks: new Map([[PROMPTS_TASK, task]]),
    close: () => Promise.resolve(),
  };
}

function readLine(line: string, place: string): PromptLine {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    throw new PromptsError(`${place} is no JSON`);
  }
  const { prompt, answer } = (found ?? {}) as Record<string, unknown>;
  if (typeof prompt === "string" && prompt !== "" && answer !== undefined) {
    return { prompt, answer: String(answer) };
  }
  throw new PromptsError(
    `${place} lacks a "prompt" or an "answer"; give both, the prompt with the model's chat template`,
  );
}

/** Whether two texts end in the same number, or, where the reference has none, the one contains the other. */
export function sameFinal(said: string, wanted: string): boolean {
  const last = (text: string) =>
    text.replaceAll(",", "").match(/-?\d+(?:\.\d+)?/g)?.at(-1);
  const number = last(wanted);
  if (number === undefined) return said.includes(wanted.trim());
  const found = last(said);
  return found !== undefined && Number(found) === Number(number);
}
