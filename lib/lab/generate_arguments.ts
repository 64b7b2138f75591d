/**
 * Command line of `deno task generate`.
 *
 * @module
 */
import { decoderNames } from "../decoding/registry.ts";
import {
  optionName,
  optionValue,
  UsageError,
  wholeNumber,
} from "./command_line.ts";

/** What `generate` is asked to do. */
export interface GenerateArguments {
  /** Checkpoint folder in Hugging Face layout. */
  readonly model: string;
  /** Text to answer. */
  readonly prompt: string;
  /** Name of the decoder. */
  readonly decoder: string;
  /** Options of the decoder, by their names in the library. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Element type of the matrices. */
  readonly dtype: "f32" | "bf16";
  /** Threads; 0 for one per core. */
  readonly threads: number;
  /** LoRA adapter folder. */
  readonly adapter: string | null;
  /** Where the trace goes. */
  readonly trace: string | null;
}

/** How the program is called. */
export function usage(): string {
  return `deno task generate --model DIR --prompt TEXT [--decoder NAME] [--OPTION VALUE ...]

  --model DIR      checkpoint in Hugging Face layout (config.json, *.safetensors, tokenizer.json)
  --prompt TEXT    what to continue
  --decoder NAME   ${decoderNames().join(", ")} (default lopa)
  --dtype TYPE     f32 or bf16 (default f32)
  --threads N      default: one per core
  --adapter DIR    LoRA adapter in PEFT layout, merged at load
  --trace FILE     write the trace as JSON Lines
  --OPTION VALUE   any option of the decoder, e.g. --lookaheads 4 --max-new-tokens 128 --seed 1`;
}

const OWN = [
  "model",
  "prompt",
  "decoder",
  "dtype",
  "threads",
  "adapter",
  "trace",
];

/** Reads the command line. Throws a {@linkcode UsageError} that says what is missing or wrong. */
export function parseGenerateArguments(
  args: readonly string[],
): GenerateArguments {
  const own = new Map<string, string>();
  const options: Record<string, unknown> = {};
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!, text = args[i + 1];
    if (!name.startsWith("--")) {
      throw new UsageError(`Cannot read "${name}": want --NAME VALUE`);
    }
    if (text === undefined) {
      throw new UsageError(`Cannot read ${name}: its value is missing`);
    }
    const key = name.slice(2);
    if (OWN.includes(key)) own.set(key, text);
    else options[optionName(key)] = optionValue(text);
  }
  const required = (key: string) => {
    const text = own.get(key);
    if (text === undefined) {
      throw new UsageError(`Cannot generate: --${key} is missing`);
    }
    return text;
  };
  const dtype = own.get("dtype") ?? "f32";
  if (dtype !== "f32" && dtype !== "bf16") {
    throw new UsageError(
      `Cannot read --dtype: got "${dtype}", want f32 or bf16`,
    );
  }
  return {
    model: required("model"),
    prompt: required("prompt"),
    decoder: own.get("decoder") ?? "lopa",
    options,
    dtype,
    threads: wholeNumber(own.get("threads") ?? "0", {
      name: "threads",
      least: 0,
    }),
    adapter: own.get("adapter") ?? null,
    trace: own.get("trace") ?? null,
  };
}
