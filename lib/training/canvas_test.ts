import { assertEquals, assertThrows } from "@std/assert";
import { assertDistribution } from "./_frequencies.ts";
import { type CanvasOptions, type Example, layCanvases } from "./canvas.ts";
import { stepDraws } from "./draws.ts";
import { ExampleError } from "./example_error.ts";

const EOS = 9;
const EXAMPLES: Example[] = [
  { prompt: [1, 2], answer: [3, 4, EOS] },
  { prompt: [1], answer: [EOS] },
];

const lay = (
  options?: CanvasOptions,
  examples: readonly Example[] = EXAMPLES,
  step = 0,
) =>
  layCanvases(
    examples,
    { eosId: EOS, draws: stepDraws({ seed: 1, step }) },
    options,
  );

Deno.test("layCanvases writes prompt, answer and fill, and weighs the fill alone", () => {
  const [first, second] = lay({
    length: { kind: "longest" },
    fillWeight: 0.1,
  });
  assertEquals([...first!.ids], [1, 2, 3, 4, EOS]);
  assertEquals([...first!.tokenWeights], [1, 1, 1, 1, 1]);
  assertEquals([...second!.ids], [1, EOS, EOS, EOS, EOS]);
  assertEquals([...second!.tokenWeights], [1, 1, 0.1, 0.1, 0.1]);
  assertEquals([first!.promptLength, second!.promptLength], [2, 1]);
});

Deno.test("layCanvases ends each canvas where it is told to", () => {
  const lengths = (length: CanvasOptions["length"] & object) =>
    lay({ length }).map(({ ids }) => ids.length);
  assertEquals(lay().map(({ ids }) => ids.length), [5, 2]);
  assertEquals(lengths({ kind: "answer" }), [5, 2]);
  assertEquals(lengths({ kind: "longest" }), [5, 5]);
  assertEquals(lengths({ kind: "total", positions: 8 }), [8, 8]);
  assertEquals(lengths({ kind: "region", positions: 4 }), [6, 5]);
  assertEquals(lengths({ kind: "tail", most: 0, block: 4 }), [6, 5]);
});

Deno.test("layCanvases draws tails uniformly and rounds up to whole blocks behind the prompt", () => {
  // An answer of 3 tokens with a tail of 0 to 6 in blocks of 4: one block for 0 and 1, two for 2 to 5, three for 6.
  const counts = [0, 0, 0];
  for (let step = 0; step < 7000; step++) {
    const [canvas] = lay(
      { length: { kind: "tail", most: 6, block: 4 } },
      EXAMPLES,
      step,
    );
    counts[(canvas!.ids.length - 2) / 4 - 1]!++;
  }
  assertDistribution(counts, [2 / 7, 4 / 7, 1 / 7]);
});

Deno.test("layCanvases names the example that cannot be laid out", () => {
  const refused = (
    example: Example,
    message: string,
    options?: CanvasOptions,
  ) => {
    const error = assertThrows(
      () => lay(options, [EXAMPLES[0]!, example]),
      ExampleError,
      message,
    );
    assertEquals(error.index, 1);
  };
  refused({ prompt: [], answer: [EOS] }, "the prompt is empty");
  refused({ prompt: [1], answer: [] }, "the answer is empty");
  refused({ prompt: [1], answer: [2, 3] }, "token 9, is missing");
  refused({ prompt: [1], answer: [EOS, EOS] }, "stands at 0 of an answer of 2");
  const total = { length: { kind: "total", positions: 5 } } as const;
  refused(
    { prompt: [1, 1, 1, 1, 1, 1], answer: [EOS] },
    "hold 6 + 1 tokens, but the canvas ends at 5",
    total,
  );
  assertThrows(() => lay({}, []), ExampleError, "the batch is empty");
});

Deno.test("layCanvases names options out of range", () => {
  assertThrows(() => lay({ fillWeight: -1 }), RangeError, "fill weight is -1");
  assertThrows(
    () => lay({ length: { kind: "total", positions: 1.5 } }),
    RangeError,
    '"positions" is 1.5',
  );
  assertThrows(
    () => lay({ length: { kind: "tail", most: -1, block: 8 } }),
    RangeError,
    '"most" is -1',
  );
  assertThrows(
    () => lay({ length: { kind: "tail", most: 1, block: 0 } }),
    RangeError,
    '"block" is 0',
  );
});
