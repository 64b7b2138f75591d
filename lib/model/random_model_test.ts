import {
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertNotEquals,
} from "@std/assert";
import { widen } from "./float_types.ts";
import { randomSource, SHAPES } from "./random_model.ts";
import { readTensor } from "./tensor_source.ts";

const NAME = "model.layers.0.mlp.down_proj.weight";

Deno.test("randomSource gives the same rows however they are read, other rows for another seed or tensor", () => {
  const source = randomSource(SHAPES.tiny);
  const all = readTensor(source, NAME);
  assertEquals(
    widen(source.read(NAME, { begin: 5, count: 3 }), "F32"),
    all.slice(5 * 160, 8 * 160),
  );
  assertNotEquals(
    readTensor(randomSource(SHAPES.tiny, { seed: 2 }), NAME),
    all,
  );
  assertNotEquals(
    readTensor(source, "model.layers.1.mlp.down_proj.weight"),
    all,
  );
  assertNotEquals(all.slice(0, 160), all.slice(160, 320));
});

Deno.test("randomSource spreads matrices evenly around 0 with variance 1 / inputs, and gains around 1", () => {
  const source = randomSource(SHAPES.small);
  const matrix = readTensor(source, "model.layers.2.mlp.up_proj.weight");
  const mean = matrix.reduce((sum, value) => sum + value, 0) / matrix.length;
  const variance = matrix.reduce((sum, value) => sum + value * value, 0) /
    matrix.length;
  assertLess(Math.abs(mean), 0.002);
  assertAlmostEquals(variance * 192, 1, 0.03);
  const gain = readTensor(source, "model.norm.weight");
  assertEquals(gain.every((value) => Math.abs(value - 1) <= 0.2), true);
});

Deno.test("randomSource encodes bf16 and f16 of the same numbers", () => {
  const exact = readTensor(randomSource(SHAPES.tiny), NAME);
  for (const type of ["BF16", "F16"] as const) {
    const stored = readTensor(randomSource(SHAPES.tiny, { type }), NAME);
    stored.forEach((value, i) => assertLess(Math.abs(value - exact[i]!), 1e-3));
  }
});
