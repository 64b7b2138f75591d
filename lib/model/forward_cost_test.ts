import { assertEquals } from "@std/assert";
import { forwardFlops } from "./forward_cost.ts";
import { shapeConfig } from "./random_model.ts";

Deno.test("forwardFlops counts two operations per weight and row, and per query, key and row", () => {
  const config = shapeConfig({
    family: "dream",
    hiddenSize: 8,
    layers: 3,
    heads: 2,
    kvHeads: 1,
    mlpSize: 10,
    vocabSize: 20,
  });
  const perLayer = 8 * 8 + 2 * 8 * 4 + 8 * 8 + 3 * 8 * 10;
  assertEquals(
    forwardFlops(config, { rows: 1, predictions: 0, keys: 0 }),
    2 * 3 * perLayer,
  );
  assertEquals(
    forwardFlops(config, { rows: 5, predictions: 0, keys: 7 }),
    2 * 3 * 5 * (perLayer + 2 * 7 * 8),
  );
  assertEquals(
    forwardFlops(config, { rows: 0, predictions: 4, keys: 7 }),
    2 * 4 * 20 * 8,
  );
});
