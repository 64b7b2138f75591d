import { assertEquals, assertThrows } from "@std/assert";
import { TEST_SHAPES } from "../model/_native.ts";
import { randomSource, shapeConfig, SHAPES } from "../model/random_model.ts";
import { expectedTensors } from "../model/tensor_names.ts";
import { readTensor } from "../model/tensor_source.ts";
import { MeshError } from "./errors.ts";
import { shardLayouts } from "./shard_layout.ts";
import { shardSource } from "./shard_source.ts";

Deno.test("shardLayouts: 14 query heads over 2 key-value heads in 4 shards", () => {
  const layouts = shardLayouts(shapeConfig(SHAPES.half), 4);
  assertEquals(layouts.map(({ heads }) => [heads.start, heads.end]), [
    [0, 4],
    [4, 8],
    [8, 11],
    [11, 14],
  ]);
  // heads 4 to 6 share the first, head 7 the second: each gets its own copy
  assertEquals(layouts.map(({ kvHeads }) => kvHeads), [
    [0],
    [0, 0, 0, 1],
    [1],
    [1],
  ]);
});

Deno.test("shardLayouts: every query head finds its own key-value head", () => {
  for (const kvHeads of [1, 2, 3, 4, 6]) {
    for (const group of [1, 2, 3, 5, 7]) {
      const heads = kvHeads * group;
      const config = shapeConfig({
        ...SHAPES.tiny,
        heads,
        kvHeads,
        hiddenSize: 4 * heads,
      });
      for (let tp = 1; tp <= Math.min(heads, 8); tp++) {
        const found = shardLayouts(config, tp).flatMap((layout) => {
          const local = layout.config;
          assertEquals(local.heads % local.kvHeads, 0);
          return Array.from(
            { length: local.heads },
            (_, h) =>
              layout.kvHeads[Math.floor(h * local.kvHeads / local.heads)],
          );
        });
        assertEquals(
          found,
          Array.from({ length: heads }, (_, h) => Math.floor(h / group)),
        );
      }
    }
  }
});

Deno.test("shardLayouts: more shards than heads are refused by name", () => {
  assertThrows(
    () => shardLayouts(shapeConfig(SHAPES.tiny), 5),
    MeshError,
    "tp=5 given, but the model has only 4 attention heads",
  );
});

Deno.test("shardSource: tensors have the shapes that the shard's configuration calls for", () => {
  for (const shape of TEST_SHAPES) {
    const source = randomSource(shape);
    for (const layout of shardLayouts(source.config, 2)) {
      const shard = shardSource(source, layout);
      for (const [name, sizes] of expectedTensors(shard.config)) {
        assertEquals(
          readTensor(shard, name).length,
          sizes.reduce((a, b) => a * b),
          name,
        );
      }
    }
  }
});

Deno.test("shardSource: rows and columns are the model's own, whatever part is read", () => {
  const source = randomSource(SHAPES.tiny);
  const [, second] = shardLayouts(source.config, 2);
  const shard = shardSource(source, second!);
  const { hiddenSize, mlpSize } = source.config;
  const query = "model.layers.1.self_attn.q_proj.weight";
  assertEquals(
    readTensor(shard, query),
    readTensor(source, query).slice(32 * hiddenSize),
  );
  const down = "model.layers.0.mlp.down_proj.weight";
  const whole = readTensor(source, down);
  const wanted = Float32Array.from(
    { length: 3 * 80 },
    (_, i) => whole[(5 + Math.floor(i / 80)) * mlpSize + 80 + i % 80]!,
  );
  const bytes = shard.read(down, { begin: 5, count: 3 });
  assertEquals(new Float32Array(bytes.buffer), wanted);
  const head = readTensor(shard, "lm_head.weight");
  assertEquals(
    head.subarray(-hiddenSize).every((value) => value === 0),
    true,
  );
});
