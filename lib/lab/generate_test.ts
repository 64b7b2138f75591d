import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { toyModel, toyPrompt } from "../decoding/toy_model.ts";
import { parseTraces } from "../decoding/trace_reader.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { ReferenceModel } from "../model/reference_model.ts";
import type { Tokenizer } from "../model/tokenizer.ts";
import { generate } from "./generate.ts";
import { UsageError } from "./command_line.ts";
import { parseGenerateArguments } from "./generate_arguments.ts";
import { canvasLines, LiveCanvas } from "./live_canvas.ts";

const TOY = { seed: 1, promptLength: 9, eosAt: 21 };

/** Ids as letters from "a" on; the prompt is the toy's own. */
const LETTERS: Tokenizer = {
  maskId: 39,
  bosId: null,
  size: 40,
  digest: "letters",
  encode: () => toyPrompt(TOY),
  decode: (ids) =>
    Array.from(ids, (id) => String.fromCharCode(97 + id)).join(""),
  display: (id) => String.fromCharCode(97 + id),
};

Deno.test("generate() writes a trace that reads back, and cuts the text at the end token", async () => {
  let text = "", steps = 0, filled = 0;
  const generation = await generate(toyModel(TOY), LETTERS, {
    prompt: "toy",
    decoder: "lopa",
    options: { lookaheads: 3, blockSize: 8, maxNewTokens: 48 },
    sink: (line) => {
      text += line;
    },
    onStep: ({ fresh, ids }) => {
      steps++;
      filled += fresh.size;
      for (const i of fresh) assert(ids[i] !== 39);
    },
  });
  const [trace] = parseTraces(text);
  assertEquals(trace, generation.trace);
  assertEquals(steps, generation.trace.result.forwards);
  assertEquals(filled, generation.trace.result.ids.length);
  assert(!generation.text.includes("f"), "nothing after the end token, id 5");
  assertEquals(trace!.timings.length, steps);
});

Deno.test("generate() shows a causal model's answer grow by one token per step", async () => {
  const shape = { ...SHAPES.tiny, family: "qwen2", vocabSize: 40 } as const;
  const model = new ReferenceModel(randomSource(shape));
  const lengths: number[] = [];
  const { trace, text } = await generate(model, LETTERS, {
    prompt: "toy",
    decoder: "autoregressive",
    options: { maxNewTokens: 6, stopId: 39 },
    onStep: ({ fresh, ids }) => {
      lengths.push(ids.length);
      assertEquals([...fresh], [ids.length - 1]);
      assert(!ids.includes(-1));
    },
  });
  const { ids } = trace.result;
  assertEquals(lengths, [...ids.keys()].map((i) => i + 1));
  assertEquals(text, LETTERS.decode(ids));
});

Deno.test("parseGenerateArguments() turns other flags into options of the decoder", () => {
  const args = parseGenerateArguments(
    "--model m --prompt p --max-new-tokens 64 --strategy negEntropy --top-p null --dtype bf16"
      .split(" "),
  );
  assertEquals(args.decoder, "lopa");
  assertEquals(args.dtype, "bf16");
  assertEquals(args.options, {
    maxNewTokens: 64,
    strategy: "negEntropy",
    topP: null,
  });
});

Deno.test("parseGenerateArguments() says what is missing or wrong", () => {
  for (
    const [line, message] of [
      ["--prompt p", "--model is missing"],
      ["--model m", "--prompt is missing"],
      ["--model m --prompt p --dtype f64", "want f32 or bf16"],
      ["--model m --prompt p --threads two", "want a whole number"],
      ["--model", "its value is missing"],
      ["model m", "want --NAME VALUE"],
    ] as const
  ) {
    assertThrows(
      () => parseGenerateArguments(line.split(" ")),
      UsageError,
      message,
    );
  }
});

const VIEW = {
  ids: Int32Array.of(0, 39, 2, 3),
  maskId: 39,
  fresh: new Set([2]),
  text: (id: number) => id === 3 ? "\x1b[31m\n" : LETTERS.display(id),
  status: "forward 1",
};

Deno.test("canvasLines() wraps, marks what is new, and lets no control character through", () => {
  const lines = canvasLines(VIEW, 3);
  assertEquals(lines.length, 3);
  assertStringIncludes(lines[0]!, "\x1b[30;42mc\x1b[0m");
  assertEquals(lines[1], "�[31m⏎");
  assertStringIncludes(lines[2]!, "forward 1");
});

Deno.test("LiveCanvas draws over what it drew before", () => {
  const written: string[] = [];
  const live = new LiveCanvas((text) => written.push(text));
  live.draw(VIEW, 80);
  live.draw(VIEW, 80);
  assert(!written[0]!.startsWith("\x1b[2A"));
  assert(written[1]!.startsWith("\x1b[2A"));
});
