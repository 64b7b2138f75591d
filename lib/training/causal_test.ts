import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { causal } from "./causal.ts";
import { ExampleError } from "./example_error.ts";

const context = { seed: 1, step: 0, model: { eosId: 9 } };
const EXAMPLES = [
  { prompt: [1, 2, 3], answer: [4, 9] },
  { prompt: [5], answer: [6, 7, 9] },
];

Deno.test("causal predicts each answer token from the row before it and sees no later one", () => {
  const { sequences, rows } = causal(EXAMPLES, context);
  assertEquals(sequences, [
    {
      tokens: Int32Array.of(1, 2, 3, 4, 9),
      limits: Int32Array.of(1, 2, 3, 4, 5),
    },
    { tokens: Int32Array.of(5, 6, 7, 9), limits: Int32Array.of(1, 2, 3, 4) },
  ]);
  assertEquals(
    rows.map(({ sequence, row, target }) => [sequence, row, target]),
    [[0, 2, 4], [0, 3, 9], [1, 0, 6], [1, 1, 7], [1, 2, 9]],
  );
  for (const { hard } of rows) assertAlmostEquals(hard, 1 / 5, 1e-12);
});

Deno.test("causal gives prompt tokens their weight, above and below the line", () => {
  const { rows } = causal([EXAMPLES[0]!], context, { promptWeight: 0.5 });
  assertEquals(rows.map(({ target }) => target), [2, 3, 4, 9]);
  [0.5, 0.5, 1, 1].forEach((weight, i) =>
    assertAlmostEquals(rows[i]!.hard, weight / 3, 1e-12)
  );
});

Deno.test("causal can average per sample first", () => {
  const { rows } = causal(EXAMPLES, context, { reduction: "sample" });
  [1 / 4, 1 / 4, 1 / 6, 1 / 6, 1 / 6].forEach((weight, i) =>
    assertAlmostEquals(rows[i]!.hard, weight, 1e-12)
  );
});

Deno.test("causal names a weight out of range and examples without an answer", () => {
  assertThrows(
    () => causal(EXAMPLES, context, { promptWeight: -1 }),
    RangeError,
    "the weight of prompt tokens is -1",
  );
  assertThrows(
    () => causal([{ prompt: [1], answer: [] }], context),
    ExampleError,
    "the answer is empty",
  );
});
