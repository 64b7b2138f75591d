import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { library, nativeTest } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { randomBatch, RATES } from "./_batches.ts";
import { BatchError, DivergenceError, TrainerError } from "./errors.ts";
import { createTrainer, type NativeTrainer } from "./trainer.ts";
import type { TrainerOptions } from "./trainer_options.ts";
import type { LossRow, StepRates, TrainingBatch } from "./types.ts";

const SHAPE = {
  ...SHAPES.tiny,
  hiddenSize: 32,
  layers: 1,
  mlpSize: 32,
  maxPositions: 12,
};
const source = randomSource(SHAPE);
const good = randomBatch(source.config, { lengths: [5, 8] }, 1);

async function training(
  options: Partial<TrainerOptions>,
  run: (trainer: NativeTrainer) => Promise<void>,
): Promise<void> {
  await using device = await Device.open({ library: library!, threads: 1 });
  using trainer = await createTrainer(device, { source, ...options });
  await run(trainer);
}

const first = good.sequences[0]!;
const withSequence = (part: Partial<typeof first>): TrainingBatch => ({
  ...good,
  sequences: [{ ...first, ...part }, good.sequences[1]!],
});
const withRow = (part: Partial<LossRow>): TrainingBatch => ({
  ...good,
  rows: [good.rows[0]!, { ...good.rows[1]!, ...part }],
});
const whole = good.sequences.map(({ limits }) => limits);

const FAULTS: readonly (readonly [field: string, batch: TrainingBatch])[] = [
  ["sequences", { ...good, sequences: [] }],
  ["rows", { ...good, rows: [] }],
  ["sequences[0].tokens", withSequence({ tokens: new Int32Array(0) })],
  ["sequences[0].tokens", withSequence({ tokens: new Int32Array(13) })],
  [
    "sequences[0].tokens[1]",
    withSequence({ tokens: Int32Array.of(0, 96, 0, 0, 0) }),
  ],
  [
    "sequences[0].tokens[0]",
    withSequence({ tokens: Int32Array.of(-1, 0, 0, 0, 0) }),
  ],
  [
    "sequences[0].positions",
    withSequence({ positions: Int32Array.of(0, 1) }),
  ],
  [
    "sequences[0].positions[3]",
    withSequence({ positions: Int32Array.of(0, 1, 2, 5, 4) }),
  ],
  [
    "sequences[0].positions[1]",
    withSequence({ positions: Int32Array.of(0, -1, 2, 3, 4) }),
  ],
  ["sequences[0].limits", withSequence({ limits: Int32Array.of(1, 2) })],
  [
    "sequences[0].limits[2]",
    withSequence({ limits: Int32Array.of(1, 2, 6, 4, 5) }),
  ],
  [
    "sequences[0].limits[0]",
    withSequence({ limits: Int32Array.of(0, 2, 3, 4, 5) }),
  ],
  ["rows[1].sequence", withRow({ sequence: 2 })],
  ["rows[1].row", withRow({ sequence: 0, row: 5 })],
  ["rows[1].row", withRow({ row: 1.5 })],
  ["rows[1].target", withRow({ target: 96 })],
  ["rows[1].target", withRow({ target: -1 })],
  ["rows[1].hard", withRow({ hard: NaN })],
  ["rows[1].soft", { ...withRow({ soft: Infinity }), teacherLimits: whole }],
  ["rows[1].group", withRow({ group: 0 })],
  ["teacherLimits", withRow({ soft: 1 })],
  ["teacherLimits", { ...good, teacherLimits: [] }],
  ["teacherLimits[1]", { ...good, teacherLimits: [whole[0]!, whole[0]!] }],
  ["certainty.temperature", {
    ...good,
    certainty: { temperature: 0, weights: [1] },
  }],
  ["certainty.weights[0]", {
    ...good,
    certainty: { temperature: 1, weights: [NaN] },
  }],
];

nativeTest(
  "a faulty batch is named with its field, and nothing is computed",
  async () => {
    await training({ teacher: "start" }, async (trainer) => {
      const before = trainer.saveState();
      for (const [field, batch] of FAULTS) {
        const error = await assertRejects(
          () => trainer.step([good, batch], RATES),
          BatchError,
          "micro-batch 1",
        );
        assert(error.field.startsWith(field), `${error.field}, not ${field}`);
        assertEquals(error.batch, 1);
      }
      assertEquals(trainer.saveState(), before);
    });
    await training({}, async (trainer) => {
      const batch = { ...withRow({ soft: 1 }), teacherLimits: whole };
      await assertRejects(
        () => trainer.evaluate(batch),
        BatchError,
        "no teacher",
      );
      await assertRejects(() => trainer.step([], RATES), TrainerError);
    });
  },
);

nativeTest("rates out of range are refused", async () => {
  await training({}, async (trainer) => {
    const faults: Partial<StepRates>[] = [
      { learningRate: NaN },
      { learningRate: -1 },
      { beta1: 1 },
      { beta2: -0.1 },
      { epsilon: 0 },
      { clip: Infinity },
    ];
    for (const fault of faults) {
      const [name] = Object.keys(fault);
      await assertRejects(
        () => trainer.step([good], { ...RATES, ...fault }),
        TrainerError,
        name,
      );
    }
  });
});

nativeTest(
  "logits that overflow are named by micro-batch, and leave the weights",
  async () => {
    await training({ precision: "f32" }, async (trainer) => {
      const state = trainer.saveState();
      const broken = { ...state, weights: state.weights.slice().fill(1e30) };
      trainer.loadState(broken);
      const error = await assertRejects(
        () => trainer.step([good], RATES),
        DivergenceError,
        "Micro-batch 0",
      );
      assertEquals([error.batch, error.weightsIntact], [0, true]);
      assertEquals(trainer.saveState(), broken);
      trainer.loadState(state);
      assertEquals((await trainer.step([good], RATES)).batches.length, 1);
    });
  },
);

nativeTest("a gradient that overflows changes no weight", async () => {
  await training({ precision: "f32" }, async (trainer) => {
    const before = trainer.saveState();
    const steep = {
      ...good,
      rows: good.rows.map((row) => ({ ...row, hard: 3e38 })),
    };
    const error = await assertRejects(
      () => trainer.step([good, steep], RATES),
      DivergenceError,
    );
    assert(error.weightsIntact);
    assertEquals(trainer.saveState(), before);
  });
});

nativeTest("weights that overflow are said to be lost", async () => {
  await training({ decay: { rate: 100 } }, async (trainer) => {
    const error = await assertRejects(
      () => trainer.step([good], { ...RATES, learningRate: 1e38 }),
      DivergenceError,
      "Load the last saved state",
    );
    assertEquals([error.batch, error.weightsIntact], [null, false]);
  });
});

nativeTest("a state of another trainer is refused", async () => {
  await training({ average: 0.5 }, (trainer) => {
    const state = trainer.saveState();
    const { average: _, ...bare } = state;
    const faults = [
      [bare, "average"],
      [{ ...state, weights: new Float32Array(3) }, "weights has 3 elements"],
      [{ ...state, moment2: state.moment2.with(4, NaN) }, "moment2 holds NaN"],
      [{ ...state, step: -1 }, "step is -1"],
    ] as const;
    for (const [fault, told] of faults) {
      assertThrows(() => trainer.loadState(fault), TrainerError, told);
    }
    assertEquals(trainer.saveState(), state);
    return Promise.resolve();
  });
  await training({}, (trainer) => {
    const state = { ...trainer.saveState(), average: new Float32Array(1) };
    assertThrows(() => trainer.loadState(state), TrainerError, "average");
    return Promise.resolve();
  });
});

nativeTest("one thing at a time", async () => {
  await training({}, async (trainer) => {
    const running = trainer.step([good], RATES);
    await assertRejects(
      () => trainer.step([good], RATES),
      TrainerError,
      "step is still running",
    );
    assertThrows(() => trainer.close(), TrainerError, "still running");
    assertThrows(() => trainer.parameters(), TrainerError);
    await running;
    assertEquals(trainer.saveState().step, 1);
  });
});

nativeTest(
  "options that contradict the model are refused, and nothing stays behind",
  async () => {
    using device = await Device.open({ library: library!, threads: 1 });
    const faults: readonly (readonly [Partial<TrainerOptions>, string])[] = [
      [{ decay: { rate: -1 } }, "decay.rate"],
      [{ average: 1.5 }, "average"],
      [{ padding: 96 }, "padding"],
      [
        { teacher: randomSource({ ...SHAPE, vocabSize: 50 }) },
        "vocabulary of 50",
      ],
      [
        { decay: { rate: 1, applies: (name) => name.includes("k_proj") } },
        "decay rule",
      ],
    ];
    for (const [options, told] of faults) {
      await assertRejects(
        () => createTrainer(device, { source, ...options }),
        TrainerError,
        told,
      );
    }
    const trainer = await createTrainer(device, {
      source,
      teacher: "start",
      average: 0.9,
    });
    await trainer.step([good], RATES);
    trainer.close();
    trainer.close();
    assertEquals(device.info.bytes, 0);
  },
);
