/**
 * Command line of `deno task evaluate`.
 *
 * @module
 */
import { decoderNames } from "../../decoding/registry.ts";
import { SPLITS } from "../../tasks/split.ts";
import type { Split } from "../../tasks/types.ts";
import {
  optionName,
  optionValue,
  UsageError,
  wholeNumber,
} from "../command_line.ts";

/** What `evaluate` is asked to do. */
export interface EvaluateArguments {
  /** Checkpoint folder in Hugging Face layout, or the folder of an adapter beside its base. */
  readonly model: string;
  /** Names of the tasks. */
  readonly tasks: readonly string[];
  /** A method of the lab's experiments, e.g. `lopa-7`; `null` for one token per step, or where a decoder is named. */
  readonly method: string | null;
  /** A decoder by its name. */
  readonly decoder: string | null;
  /** Its options, by their names in the library. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly split: Split;
  /** Index of the first problem. */
  readonly first: number;
  /** Number of problems. */
  readonly count: number;
  /** Element type of the matrices. */
  readonly dtype: "f32" | "bf16";
  /** Decodes at a time; `null` for the default. */
  readonly lanes: number | null;
  /** LoRA adapter folder. */
  readonly adapter: string | null;
  /** Where the scores go; `null` for `evaluation.json` in the model's folder. */
  readonly out: string | null;
  /** Where the traces go. */
  readonly trace: string | null;
  /** Wrong answers to print. */
  readonly show: number;
}

/** How the program is called. */
export function evaluateUsage(tasks: readonly string[]): string {
  return `deno task evaluate MODEL [--task NAME,...] [--method NAME | --decoder NAME --OPTION VALUE ...]

  MODEL            checkpoint folder (config.json, *.safetensors, tokenizer.json), or that of a LoRA adapter which lies beside
                   the folder of its base
  --task NAMES     ${tasks.join(", ")} (default gsm-mini,code-mini)
  --method NAME    with the settings of the lab: autoregressive, vanilla, one-by-one, few-step, threshold, lopa-canvas-K, one-token, d2f,
                   lopa-K, ... (K lookaheads; default: one-by-one, or autoregressive); in blocks of 16
                   without a cache: sequential, four, confidence-0.9, entropy-0.5, window-lopa-K
  --decoder NAME   ${decoderNames().join(", ")}
  --OPTION VALUE   any option of the decoder, e.g. --block-size 16 --confidence-threshold 0.8
  --n N            problems (default 500), the first at --first I (default 0) of --split train, dev or test (default test)
  --dtype TYPE     f32 or bf16 (default bf16)
  --lanes N        decodes at a time (default: two per core, at most 8)
  --adapter DIR    LoRA adapter in PEFT layout, merged at load
  --out FILE       scores (default MODEL/evaluation.json, where rows of other methods are kept)
  --trace FILE     all traces as JSON Lines
  --show N         wrong answers to print (default 3)

What was decoded, "deno task reproduce --full" does not decode again.`;
}

const OWN = [
  "task",
  "method",
  "decoder",
  "n",
  "first",
  "split",
  "dtype",
  "lanes",
  "adapter",
  "out",
  "trace",
  "show",
];

/** Reads the command line. Throws a {@linkcode UsageError} that says what is missing or wrong. */
export function parseEvaluateArguments(
  args: readonly string[],
): EvaluateArguments {
  const own = new Map<string, string>();
  const options: Record<string, unknown> = {};
  const folders: string[] = [];
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith("--")) {
      folders.push(word);
      continue;
    }
    const text = words.shift();
    if (text === undefined) {
      throw new UsageError(`Cannot read ${word}: its value is missing`);
    }
    const key = word.slice(2);
    if (OWN.includes(key)) own.set(key, text);
    else options[optionName(key)] = optionValue(text);
  }
  if (folders.length !== 1) {
    throw new UsageError(
      `Cannot evaluate: got ${folders.length} model folders (${
        folders.join(", ")
      }), want one`,
    );
  }
  const decoder = own.get("decoder") ?? null;
  const method = own.get("method") ?? null;
  const stray = Object.keys(options)[0];
  if (decoder === null && stray !== undefined) {
    throw new UsageError(
      `Cannot use option "${stray}" without --decoder: name the decoder that it belongs to`,
    );
  }
  if (decoder !== null && method !== null) {
    throw new UsageError(
      "Cannot use both --method and --decoder: choose one of them",
    );
  }
  return {
    model: folders[0]!.replace(/(.)\/+$/, "$1"),
    tasks: (own.get("task") ?? "gsm-mini,code-mini").split(","),
    method,
    decoder,
    options,
    split: word(own, "split", SPLITS, "test"),
    first: numberOr(own, "first", { least: 0, fallback: 0 }),
    count: numberOr(own, "n", { least: 1, fallback: 500 }),
    dtype: word(own, "dtype", ["f32", "bf16"], "bf16"),
    lanes: numberOr(own, "lanes", { least: 1, fallback: null }),
    adapter: own.get("adapter") ?? null,
    out: own.get("out") ?? null,
    trace: own.get("trace") ?? null,
    show: numberOr(own, "show", { least: 0, fallback: 3 }),
  };
}

function word<T extends string>(
  own: ReadonlyMap<string, string>,
  name: string,
  words: readonly T[],
  fallback: T,
): T {
  const text = own.get(name) ?? fallback;
  const found = words.find((known) => known === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot read --${name}: got "${text}", want ${words.join(" or ")}`,
  );
}

function numberOr<Fallback extends number | null>(
  own: ReadonlyMap<string, string>,
  name: string,
  { least, fallback }: { readonly least: number; readonly fallback: Fallback },
): number | Fallback {
  const text = own.get(name);
  return text === undefined ? fallback : wholeNumber(text, { name, least });
}
