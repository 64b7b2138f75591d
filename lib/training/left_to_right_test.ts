import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ExampleError } from "./example_error.ts";
import { leftToRight } from "./left_to_right.ts";

const MASK = 50;
const context = {
  seed: 1,
  step: 0,
  model: { maskId: MASK, eosId: 9, shift: false },
};
const EXAMPLES = [
  { prompt: [1, 2, 3], answer: [4, 9] },
  { prompt: [5], answer: [6, 7, 9] },
];

Deno.test("leftToRight puts a masked row at the place of every answer token, which sees what is before it", () => {
  const { sequences, rows } = leftToRight(EXAMPLES, context);
  assertEquals(sequences, [
    {
      tokens: Int32Array.of(1, 2, 3, 4, 9, MASK, MASK),
      positions: Int32Array.of(0, 1, 2, 3, 4, 3, 4),
      limits: Int32Array.of(3, 3, 3, 4, 5, 3, 4),
    },
    {
      tokens: Int32Array.of(5, 6, 7, 9, MASK, MASK, MASK),
      positions: Int32Array.of(0, 1, 2, 3, 1, 2, 3),
      limits: Int32Array.of(1, 2, 3, 4, 1, 2, 3),
    },
  ]);
  assertEquals(
    rows.map(({ sequence, row, target }) => [sequence, row, target]),
    [[0, 5, 4], [0, 6, 9], [1, 4, 6], [1, 5, 7], [1, 6, 9]],
  );
  for (const { hard } of rows) assertAlmostEquals(hard, 1 / 5, 1e-12);
});

Deno.test("leftToRight weighs fill tokens as its canvas says, and leaves out those that weigh nothing", () => {
  const region = { kind: "region", positions: 4 } as const;
  const of = (fillWeight: number) =>
    leftToRight([EXAMPLES[0]!], context, {
      canvas: { length: region, fillWeight },
    }).rows;
  [1, 1, 0.5, 0.5].forEach((weight, i) =>
    assertAlmostEquals(of(0.5)[i]!.hard, weight / 3, 1e-12)
  );
  assertEquals(of(0).map(({ row }) => row), [7, 8]);
});

Deno.test("leftToRight refuses a model with the shift and examples without an answer", () => {
  assertThrows(
    () =>
      leftToRight(EXAMPLES, {
        ...context,
        model: { ...context.model, shift: true },
      }),
    RangeError,
    "use the causal objective",
  );
  assertThrows(
    () => leftToRight([{ prompt: [1], answer: [] }], context),
    ExampleError,
    "the answer is empty",
  );
});
