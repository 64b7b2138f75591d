import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { library, nativeTest, randomFloats } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { AdapterError } from "../model/errors.ts";
import { type LoraFactors, mergeFactors } from "../model/lora.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { TensorSource } from "../model/tensor_source.ts";
import { plainNetwork, randomBatch, RATES } from "./_batches.ts";
import { initialAdapters, type LoraOptions, planAdapters } from "./adapters.ts";
import { TrainerError } from "./errors.ts";
import { referenceLoss } from "./reference_loss.ts";
import { createTrainer } from "./trainer.ts";

const SHAPE = {
  ...SHAPES.tiny,
  hiddenSize: 32,
  layers: 2,
  mlpSize: 40,
  vocabSize: 40,
};
const source = randomSource(SHAPE, { sharpness: 1.5 });
const EVERYWHERE: LoraOptions = {
  rank: 3,
  alpha: 5,
  targets: [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
    "lm_head",
  ],
};

/** Adapters whose both factors are random. */
function randomAdapters(options: LoraOptions): Map<string, Float32Array> {
  const plan = planAdapters(source.config, options);
  return new Map(
    plan.groups.flat().map(({ name, shape }, i) => [
      name,
      randomFloats(shape[0]! * shape[1]!, i + 1).map((value) => 0.2 * value),
    ]),
  );
}

/** The base with adapters merged in. */
function merged(
  options: LoraOptions,
  tensors: ReadonlyMap<string, Float32Array>,
): TensorSource {
  const { rank, scale, pairs } = planAdapters(source.config, options);
  const factors = new Map([...pairs].map(([module, { a, b }]) => {
    const factor: LoraFactors = {
      a: tensors.get(a)!,
      b: tensors.get(b)!,
      rank,
      scale,
    };
    return [module, factor];
  }));
  return mergeFactors(source, factors, "merged");
}

const batch = randomBatch(
  source.config,
  { lengths: [9, 6], limits: "random", divergence: "forward" },
  4,
);

nativeTest(
  "adapters give the loss and the slopes of the merged network",
  async () => {
    const initial = randomAdapters(EVERYWHERE);
    using device = await Device.open({ library: library!, threads: 2 });
    using trainer = await createTrainer(device, {
      source,
      trainable: { ...EVERYWHERE, initial },
      precision: "f32",
      teacher: "start",
    });
    const teacher = plainNetwork(source);
    const loss = () =>
      referenceLoss(plainNetwork(merged(EVERYWHERE, initial)), batch, teacher)
        .loss;
    const { loss: found } = await trainer.step([batch], RATES);
    assertLess(Math.abs(found - loss()), 1e-5);
    for (const [name, gradient] of trainer.gradients()) {
      const values = initial.get(name)!;
      const largest = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      assert(largest > 1e-4, name);
      for (const i of [0, gradient.findIndex((g) => Math.abs(g) === largest)]) {
        const value = values[i]!;
        const [above, below] = [value + 1e-2, value - 1e-2].map((moved) => {
          values[i] = moved;
          return { at: values[i]!, loss: loss() };
        });
        values[i] = value;
        const slope = (above!.loss - below!.loss) / (above!.at - below!.at);
        assertLess(
          Math.abs(gradient[i]! - slope),
          5e-3 * largest,
          `${name}[${i}]`,
        );
      }
    }
  },
);

nativeTest("adapters: only they move, and the teacher stays", async () => {
  using device = await Device.open({ library: library!, threads: 2 });
  using trainer = await createTrainer(device, {
    source,
    trainable: EVERYWHERE,
    precision: "f32",
    teacher: "start",
  });
  const teacher = plainNetwork(source);
  for (let step = 0; step < 5; step++) {
    await trainer.step([batch], { ...RATES, learningRate: 0.02 });
  }
  const tensors = trainer.parameters();
  assertEquals(tensors.size, 2 * (7 * SHAPE.layers + 1));
  const student = plainNetwork(merged(EVERYWHERE, tensors));
  const wanted = referenceLoss(student, batch, teacher);
  const got = await trainer.evaluate(batch);
  assertLess(Math.abs(got.loss - wanted.loss), 2e-5);
  got.soft.forEach((value, r) =>
    assertLess(Math.abs(value - wanted.soft[r]!), 5e-5)
  );
  const before = referenceLoss(teacher, batch, teacher).loss;
  assertLess(got.loss, before - 0.05);
});

Deno.test("adapters start with B at zero and A within 1 / sqrt(inputs), by their seed", () => {
  const plan = planAdapters(source.config, EVERYWHERE);
  const one = initialAdapters(plan, EVERYWHERE);
  for (const [name, values] of one) {
    const bound = name.includes("lora_A")
      ? 1 / Math.sqrt(values.length / 3)
      : 0;
    assert(values.every((value) => Math.abs(value) <= bound), name);
    if (bound > 0) assert(new Set(values).size > values.length / 2, name);
  }
  assertEquals(initialAdapters(plan, EVERYWHERE), one);
  const other = initialAdapters(plan, { ...EVERYWHERE, seed: 2 });
  const [first] = one.keys();
  assert(other.get(first!)![0] !== one.get(first!)![0]);
});

nativeTest("adapters: what cannot be adapted is refused", async () => {
  using device = await Device.open({ library: library!, threads: 1 });
  const create = (trainable: LoraOptions) =>
    createTrainer(device, { source, trainable });
  await assertRejects(
    () => create({ ...EVERYWHERE, targets: ["q_proj", "attn_out"] }),
    AdapterError,
    "attn_out",
  );
  for (const rank of [0, 1.5, -1]) {
    await assertRejects(
      () => create({ ...EVERYWHERE, rank }),
      TrainerError,
      `rank ${rank}`,
    );
  }
  await assertRejects(() => create({ ...EVERYWHERE, alpha: 0 }), TrainerError);
  const initial = randomAdapters(EVERYWHERE);
  const [first] = initial.keys();
  initial.delete(first!);
  await assertRejects(
    () => create({ ...EVERYWHERE, initial }),
    TrainerError,
    first!,
  );
  initial.set(first!, new Float32Array(2));
  await assertRejects(
    () => create({ ...EVERYWHERE, initial }),
    TrainerError,
    "cannot take 2 elements",
  );
  assertEquals(device.info.bytes, 0);
  assertThrows(() => planAdapters(source.config, { ...EVERYWHERE, rank: NaN }));
});
