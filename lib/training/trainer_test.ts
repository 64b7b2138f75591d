import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { library, maxDifference, nativeTest } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { type NetworkShape, randomSource } from "../model/random_model.ts";
import { plainNetwork, randomBatch, RATES } from "./_batches.ts";
import { joinBatches } from "./join_batches.ts";
import { referenceLoss } from "./reference_loss.ts";
import { createTrainer, type NativeTrainer } from "./trainer.ts";
import type { TrainerOptions } from "./trainer_options.ts";
import type { TrainerState, TrainingBatch } from "./types.ts";

const SHAPE: NetworkShape = {
  family: "dream",
  hiddenSize: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  mlpSize: 48,
  vocabSize: 40,
};
const source = randomSource(SHAPE, { sharpness: 1.5 });
const { config } = source;
const batches = [2, 3, 4].map((seed) =>
  randomBatch(config, { lengths: [9, 17, 3 + seed], limits: "random" }, seed)
);

/** Runs with a trainer on a device of its own. */
async function training<T>(
  options: Partial<TrainerOptions> & { readonly threads?: number },
  run: (trainer: NativeTrainer) => Promise<T>,
): Promise<T> {
  const { threads = 2, ...rest } = options;
  await using device = await Device.open({ library: library!, threads });
  using trainer = await createTrainer(device, { source, ...rest });
  return await run(trainer);
}

async function steps(
  trainer: NativeTrainer,
  numbers: readonly number[],
): Promise<TrainerState> {
  for (const number of numbers) {
    const rates = { ...RATES, clip: 1, learningRate: 1e-3 / (1 + number) };
    await trainer.step(
      [batches[number % 3]!, batches[(number + 1) % 3]!],
      rates,
    );
  }
  return trainer.saveState();
}

const BOTH: Partial<TrainerOptions>[] = [
  { precision: "f32", average: 0.9, decay: { rate: 0.1 } },
  { precision: "bf16" },
  {
    precision: "bf16",
    trainable: { rank: 2, alpha: 4, targets: ["q_proj", "down_proj"] },
  },
];

for (const options of BOTH) {
  const about = `${options.precision}${options.trainable ? " adapters" : ""}`;
  nativeTest(
    `a step does not depend on the number of threads: ${about}`,
    async () => {
      const [one, two, three] = await Promise.all(
        [1, 2, 3].map((threads) =>
          training(
            { ...options, threads },
            (trainer) => steps(trainer, [0, 1, 2]),
          )
        ),
      );
      assertEquals(one, two);
      assertEquals(one, three);
    },
  );

  nativeTest(
    `a resumed run is the uninterrupted one, bit for bit: ${about}`,
    async () => {
      const whole = await training(
        options,
        (trainer) => steps(trainer, [0, 1, 2, 3, 4]),
      );
      const half = await training(options, (trainer) => steps(trainer, [0, 1]));
      const rest = await training(options, (trainer) => {
        trainer.loadState(half);
        return steps(trainer, [2, 3, 4]);
      });
      assertEquals(rest, whole);
      assertEquals(whole.step, 5);
    },
  );
}

nativeTest(
  "gradients of micro-batches add up to those of the whole batch",
  async () => {
    const gradients = (parts: readonly TrainingBatch[]) =>
      training({ precision: "f32" }, async (trainer) => {
        const { loss, gradientNorm } = await trainer.step(parts, RATES);
        return { loss, gradientNorm, tensors: trainer.gradients() };
      });
    const parts = await gradients(batches);
    const whole = await gradients([joinBatches(batches)]);
    assertLess(Math.abs(parts.loss - whole.loss), 1e-5);
    for (const [name, values] of whole.tensors) {
      const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      assertLess(
        maxDifference(values, parts.tensors.get(name)!),
        2e-6 + 2e-5 * largest,
      );
    }
  },
);

nativeTest("memory grown by a larger batch changes nothing", async () => {
  const large = randomBatch(config, { lengths: [70, 60, 50, 40, 9] }, 9);
  const small = await training({}, async (trainer) => {
    await trainer.step([batches[0]!], RATES);
    return trainer.saveState();
  });
  const grown = await training({}, async (trainer) => {
    await trainer.evaluate(large);
    await trainer.step([batches[0]!], RATES);
    return trainer.saveState();
  });
  assertEquals(grown, small);
});

for (const precision of ["f32", "bf16"] as const) {
  nativeTest(`eight sequences are learnt by heart: ${precision}`, async () => {
    const learnt = randomBatch(config, {
      lengths: [12, 12, 12, 12, 12, 12, 12, 12],
    }, 21);
    const rows = learnt.rows.slice(0, -1);
    const batch = {
      ...learnt,
      rows: rows.map((row) => ({ ...row, hard: 1 / rows.length })),
    };
    await training({ precision }, async (trainer) => {
      const first = (await trainer.evaluate(batch)).loss;
      assertGreater(first, 2);
      for (let step = 0; step < 150; step++) {
        await trainer.step([batch], { ...RATES, learningRate: 3e-3, clip: 1 });
      }
      const { loss, correct } = await trainer.evaluate(batch);
      assertLess(loss, 0.02);
      assert(correct.every((flag) => flag === 1));
    });
  });
}

nativeTest("an evaluation leaves everything as it is", async () => {
  await training({ average: 0.5 }, async (trainer) => {
    const before = await steps(trainer, [0]);
    const one = await trainer.evaluate(batches[0]!);
    const two = await trainer.evaluate(batches[0]!);
    assertEquals(one, two);
    assertEquals(trainer.saveState(), before);
  });
});

nativeTest("the loss after a step is that of the new weights", async () => {
  await training({ precision: "f32" }, async (trainer) => {
    await steps(trainer, [0, 1]);
    const tensors = trainer.parameters();
    const wanted = referenceLoss({ config, tensors }, batches[0]!);
    const { loss } = await trainer.evaluate(batches[0]!);
    assertLess(Math.abs(loss - wanted.loss), 2e-5);
  });
});

nativeTest("bf16 gradients are near those in f32", async () => {
  const gradients = (precision: "f32" | "bf16") =>
    training({ precision }, async (trainer) => {
      await trainer.step(batches, RATES);
      return trainer.gradients();
    });
  const exact = await gradients("f32");
  const rounded = await gradients("bf16");
  for (const [name, values] of exact) {
    if (name.endsWith("k_proj.bias")) continue;
    const other = rounded.get(name)!;
    const size = (array: Float32Array) => Math.hypot(...array);
    const error = size(values.map((value, i) => value - other[i]!));
    assertLess(error, 0.03 * size(values), name);
    assertGreater(error, 0);
  }
});

nativeTest(
  "the average follows the weights, and starts as they do",
  async () => {
    await training({ precision: "f32", average: 0.75 }, async (trainer) => {
      let average = trainer.parameters();
      assertEquals(trainer.averaged(), average);
      for (let step = 0; step < 3; step++) {
        await trainer.step([batches[step]!], RATES);
        const weights = trainer.parameters();
        average = new Map(
          [...average].map(([name, values]) => [
            name,
            values.map((value, i) =>
              value + 0.25 * (weights.get(name)![i]! - value)
            ),
          ]),
        );
        for (const [name, values] of trainer.averaged()) {
          assertLess(maxDifference(values, average.get(name)!), 1e-6);
        }
      }
    });
    await training({}, (trainer) => {
      assertEquals(trainer.averaged(), trainer.parameters());
      return Promise.resolve();
    });
  },
);

nativeTest("decay takes the tensors of its rule alone", async () => {
  const rule = (name: string) => name.endsWith("proj.weight");
  const options: Partial<TrainerOptions> = {
    precision: "f32",
    decay: { rate: 0.5, applies: rule },
  };
  await training(options, async (trainer) => {
    const before = trainer.parameters();
    const still = { ...RATES, epsilon: 1e30, learningRate: 0.1 };
    await trainer.step([batches[0]!], still);
    for (const [name, values] of trainer.parameters()) {
      const factor = rule(name) ? 0.95 : 1;
      const wanted = before.get(name)!.map((value) => factor * value);
      assertLess(maxDifference(values, wanted), 1e-6, name);
    }
  });
});

nativeTest(
  "the padding token's embedding learns nothing through the lookup",
  async () => {
    const embedding = "model.embed_tokens.weight";
    const { pad } = config.ids;
    const tokens = Int32Array.of(1, pad!, 2, pad!);
    const batch: TrainingBatch = {
      sequences: [{ tokens, limits: tokens.map(() => 4) }],
      rows: [{ sequence: 0, row: 2, target: 5, hard: 1 }],
    };
    const row = (options: Partial<TrainerOptions>, token: number) =>
      training({ precision: "f32", ...options }, async (trainer) => {
        await trainer.step([batch], RATES);
        const gradient = trainer.gradients().get(embedding)!;
        return gradient.slice(32 * token, 32 * (token + 1));
      });
    const zero = new Float32Array(32);
    assertEquals(await row({}, pad!), zero);
    assertGreater(
      maxDifference(await row({ padding: null }, pad!), zero),
      1e-4,
    );
    assertEquals(await row({ padding: 1 }, 1), zero);
    const tied = randomSource({ ...SHAPE, tied: true });
    assertGreater(maxDifference(await row({ source: tied }, pad!), zero), 1e-4);
  },
);

nativeTest(
  "a full fine-tune's teacher is the model it starts from",
  async () => {
    const batch = randomBatch(config, {
      lengths: [8, 9],
      divergence: "forward",
    }, 5);
    await training({ precision: "f32", teacher: "start" }, async (trainer) => {
      await steps(trainer, [0, 1]);
      const student = { config, tensors: trainer.parameters() };
      const wanted = referenceLoss(student, batch, plainNetwork(source));
      const got = await trainer.evaluate(batch);
      assertLess(maxDifference(got.soft, wanted.soft), 2e-5);
    });
  },
);
