import {
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertRejects,
} from "@std/assert";
import { AdamwCase } from "./_adamw_case.ts";
import {
  isas,
  library,
  maxDifference,
  nativeTest,
  onEveryIsa,
  randomFloats,
} from "./_fixture.ts";
import {
  type AdamwSettings,
  type AdamwState,
  adamwStep,
  adamwWords,
} from "./_optimizer_oracle.ts";
import { Device } from "./device.ts";
import { EngineError } from "./errors.ts";

const SETTINGS: AdamwSettings = {
  rate: 1e-2,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  decay: 0.1,
  normLimit: 0,
};

onEveryIsa("adamw follows the plain optimiser step by step", async (device) => {
  for (const count of [5, 131]) {
    for (
      const settings of [
        SETTINGS,
        { ...SETTINGS, decay: 0 },
        { ...SETTINGS, normLimit: 0.5 },
        { ...SETTINGS, normLimit: 1e6, beta2: 0.999 },
        { ...SETTINGS, beta1: 0, epsilon: 0.1 },
      ]
    ) {
      const start = randomFloats(count, 1);
      const run = new AdamwCase(device, start);
      let state: AdamwState = {
        param: Float64Array.from(start),
        moment1: new Float64Array(count),
        moment2: new Float64Array(count),
      };
      for (let t = 1; t <= 20; t++) {
        const grad = randomFloats(count, 10 + t).map((g) => 3 * g);
        if (t % 3 === 0) grad[0] = 0;
        await run.step(grad, adamwWords(settings, t), settings.decay);
        state = adamwStep(state, grad, { ...settings, t });
        const [param, moment1, moment2] = run.read(count);
        const what = `${JSON.stringify(settings)}, step ${t}`;
        assertLess(maxDifference(param!, state.param), 3e-6, what);
        assertLess(maxDifference(moment1!, state.moment1), 3e-6, what);
        assertLess(maxDifference(moment2!, state.moment2), 1e-5, what);
      }
    }
  }
});

onEveryIsa("adamw clips by the norm that it is given", async (device) => {
  const grad = Float32Array.of(3, 4);
  const words = adamwWords({ ...SETTINGS, normLimit: 1 }, 1);
  for (const [norm, clip] of [[5, 1 / 5], [20, 1 / 20], [0.5, 1], [0, 1]]) {
    const run = new AdamwCase(device, new Float32Array(2));
    await run.step(grad, words, 0, norm);
    const [, moment1] = run.read(2);
    assertAlmostEquals(moment1![0]!, 0.1 * 3 * clip!, 1e-6);
    assertAlmostEquals(moment1![1]!, 0.1 * 4 * clip!, 1e-6);
  }
});

onEveryIsa("decay shrinks a weight without gradient", async (device) => {
  const run = new AdamwCase(device, Float32Array.of(2, -4));
  await run.step(new Float32Array(2), adamwWords(SETTINGS, 1), 0.1);
  const [param, moment1, moment2] = run.read(2);
  assertLess(maxDifference(param!, [2 * 0.999, -4 * 0.999]), 1e-6);
  assertEquals([...moment1!, ...moment2!], [0, 0, 0, 0]);
});

onEveryIsa(
  "a norm that is not finite leaves weights and moments alone",
  async (device) => {
    const start = randomFloats(100, 3);
    const run = new AdamwCase(device, start);
    await run.step(randomFloats(100, 4), adamwWords(SETTINGS, 1), 0.1);
    const before = run.read(100);
    for (const norm of [NaN, Infinity]) {
      const error = await assertRejects(
        () =>
          run.step(randomFloats(100, 5), adamwWords(SETTINGS, 2), 0.1, norm),
        EngineError,
        "the step is not taken",
      );
      assertEquals(error.status, "NUMERIC");
      assertEquals(run.read(100), before);
    }
    // A gradient that is not finite ends the run before the update.
    const broken = randomFloats(100, 6);
    broken[99] = NaN;
    await assertRejects(
      () => run.step(broken, adamwWords(SETTINGS, 2), 0.1),
      EngineError,
      "src[99]",
    );
    assertEquals(run.read(100), before);
  },
);

onEveryIsa("adamw refuses words out of range, naming them", async (device) => {
  const start = randomFloats(4, 3);
  const run = new AdamwCase(device, start);
  const good = new Float32Array(adamwWords(SETTINGS, 1).buffer);
  for (
    const [index, name, values] of [
      [0, "learning rate", [-1, NaN, Infinity]],
      [1, "beta1", [-0.1, 1, NaN]],
      [2, "beta2", [-0.1, 1, NaN]],
      [3, "epsilon", [0, -1, NaN, Infinity]],
      [4, "1 - beta1^t", [0, 1.5, NaN]],
      [5, "1 - beta2^t", [0, 1.5, NaN]],
      [6, "norm limit", [-1, NaN, Infinity]],
    ] as const
  ) {
    for (const value of values) {
      const words = good.slice();
      words[index] = value;
      const error = await assertRejects(
        () => run.step(start, new Int32Array(words.buffer), 0),
        EngineError,
        `word[${index}] (${name})`,
      );
      assertEquals(error.status, "BAD_COMMAND");
    }
  }
  assertEquals(run.read(4)[0], start);
});

nativeTest(
  "an update has the same bits on every ISA and 1 to 3 threads",
  async () => {
    const count = 70_001;
    let expected: Float32Array[] | undefined;
    for (const isa of isas) {
      for (const threads of [1, 2, 3]) {
        using device = await Device.open({ library: library!, isa, threads });
        const run = new AdamwCase(device, randomFloats(count, 1));
        for (let t = 1; t <= 2; t++) {
          const words = adamwWords({ ...SETTINGS, normLimit: 1 }, t);
          await run.step(randomFloats(count, 1 + t), words, 0.1);
        }
        const got = run.read(count);
        expected ??= got;
        assertEquals(got, expected, `${isa}, ${threads} threads`);
      }
    }
  },
);
