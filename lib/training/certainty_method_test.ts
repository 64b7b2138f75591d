/** Pins dParallel's objective to numbers worked out by hand and to the published masking (arXiv 2509.26488, Eq. 4 to 8). */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { nativeTest } from "../engine/_fixture.ts";
import { runLoss } from "../engine/_loss_case.ts";
import { Device } from "../engine/mod.ts";
import { assertDistribution, assertMean } from "./_frequencies.ts";
import { weightedLoss } from "./batch_results.ts";
import type { Example } from "./canvas.ts";
import { certaintyBatch, certaintyNoise } from "./certainty_forcing.ts";
import type { NoisedSequence } from "./noise.ts";
import { stepCanvases } from "./objective.ts";
import type { TrainingBatch } from "./types.ts";

const model = { maskId: 50, eosId: 9, shift: false };

/** A prompt of one token and an answer of two, with the given positions masked. */
function noised(ids: readonly number[], masked: number[]): NoisedSequence {
  return {
    ids: Int32Array.from(ids),
    promptLength: 1,
    noisy: Int32Array.from(ids, (id, i) => masked.includes(i) ? 50 : id),
    masked: Uint8Array.from(ids, (_, i) => Number(masked.includes(i))),
    probability: Float64Array.from(ids, (_, i) => i === 0 ? 0 : 0.5),
  };
}

/** Logits of every row: token 0 twice as likely as tokens 1 and 2. */
const LOGITS = [Math.log(2), 0, 0];
const LN2 = Math.log(2);
/** Entropy of (2/3, 1/6, 1/6): the logits at temperature 0.5. */
const SHARP = -(2 / 3) * Math.log(2 / 3) - (1 / 3) * Math.log(1 / 6);
/** Entropy of (1/2, 1/4, 1/4). */
const PLAIN = 1.5 * LN2;

/** The loss and the gradient of every row's logits, as the engine computes them from these logits. */
async function lossOf(batch: TrainingBatch) {
  await using device = await Device.open({ threads: 1 });
  const { losses, gradient } = await runLoss(device, {
    vocab: 3,
    logits: batch.rows.flatMap(() => LOGITS),
    rows: batch.rows,
    groups: batch.certainty?.weights ?? [],
    temperature: batch.certainty?.temperature ?? 1,
  });
  const rows = {
    hard: losses.map(({ hard }) => hard),
    soft: losses.map(({ soft }) => soft),
    entropy: losses.map(({ entropy }) => entropy),
    correct: losses.map(({ correct }) => Number(correct)),
  };
  return { loss: weightedLoss(rows, batch), gradient };
}

nativeTest(
  "loss of three tokens by hand: mean cross-entropy plus beta times the mean sharpened entropy of what is right",
  async () => {
    // Token 1 is 0, the likeliest; token 2 is 1, which is not.
    const both = [noised([0, 0, 1], [1, 2])];
    const batch = certaintyBatch([both], { shift: false });
    const { loss } = await lossOf(batch);
    assertAlmostEquals(loss, (LN2 + 2 * LN2) / 2 + 2 * SHARP, 1e-5);
  },
);

nativeTest(
  "temperature enters the entropy alone, and beta and the consistency weight their own terms",
  async () => {
    const both = [noised([0, 0, 1], [1, 2])];
    const at = async (options: Parameters<typeof certaintyBatch>[1]) =>
      (await lossOf(certaintyBatch([both], options))).loss;
    const shift = false;
    assertAlmostEquals(
      await at({ shift, temperature: 1 }),
      1.5 * LN2 + 2 * PLAIN,
      1e-5,
    );
    assertAlmostEquals(
      await at({ shift, weight: 1 }),
      1.5 * LN2 + SHARP,
      1e-5,
    );
    assertAlmostEquals(await at({ shift, weight: 0 }), 1.5 * LN2, 1e-5);
    assertAlmostEquals(await at({ shift, consistency: 0 }), 2 * SHARP, 1e-5);
  },
);

nativeTest(
  "the copies are summed, and a copy in which nothing is right has no certainty term",
  async () => {
    const batch = certaintyBatch(
      [[noised([0, 0, 1], [1])], [noised([0, 0, 1], [2])]],
      { shift: false },
    );
    const { loss } = await lossOf(batch);
    assertAlmostEquals(loss, LN2 + 2 * SHARP + 2 * LN2, 1e-5);
  },
);

nativeTest(
  "the gradient of the entropy is -p (log p + H) / T on what is right, and nothing flows through what is wrong",
  async () => {
    const both = [noised([0, 0, 1], [1, 2])];
    const { gradient } = await lossOf(
      certaintyBatch([both], { shift: false, consistency: 0 }),
    );
    const p = [2 / 3, 1 / 6, 1 / 6];
    const wanted = p.map((p) => 2 * -(p * (Math.log(p) + SHARP)) / 0.5);
    wanted.forEach((value, i) => assertAlmostEquals(gradient[i]!, value, 1e-5));
    assertEquals([...gradient.subarray(3)], [0, 0, 0]);
    const { gradient: alone } = await lossOf(
      certaintyBatch([both], { shift: false, weight: 0 }),
    );
    const { gradient: joint } = await lossOf(
      certaintyBatch([both], { shift: false }),
    );
    assertEquals(joint.subarray(3), alone.subarray(3));
  },
);

const PROMPTS = [100, 128, 77];
const LONG: readonly Example[] = PROMPTS.map((length) => ({
  prompt: new Array(length).fill(1),
  answer: [...new Array(150).fill(2), 9],
}));
const OPTIONS = {
  canvas: { length: { kind: "total", positions: 384 } },
} as const;

Deno.test("at 384 positions segments are uniform over whole blocks and the tail, row by row, as the published function gives them one by one", () => {
  // R = 284: 8 blocks and 28; R = 256: 8 blocks and none; R = 307: 9 blocks and 19.
  const cells = [9, 9, 10];
  const counts = cells.map((n) => new Array<number>(n).fill(0));
  const ratio: number[] = [];
  for (let step = 0; step < 1500; step++) {
    const context = { seed: 3, step, model };
    const canvases = stepCanvases(LONG, context, OPTIONS.canvas);
    const [masked, complement] = certaintyNoise(canvases, context);
    masked.forEach((one, row) => {
      const start = one.probability.findIndex((p) => p > 0);
      const promptLength = PROMPTS[row]!;
      const place = start < 0 ? cells[row]! - 1 : (start - promptLength) / 32;
      counts[row]![place]!++;
      const end = start < 0
        ? 384
        : start + one.probability.filter((p) => p > 0).length;
      const lastBlock = place === cells[row]! - 1;
      assertEquals(end, lastBlock ? 384 : start + 32);
      for (const copy of [one, complement[row]!]) {
        assert(copy.noisy.subarray(0, promptLength).every((id) => id === 1));
        assert(copy.noisy.subarray(end).every((id) => id === 50));
        assert(copy.masked.subarray(end).every((flag) => flag === 0));
      }
      if (row === 0 && place === 2) {
        ratio.push(...Array.from(one.masked.subarray(start, end)));
      }
    });
  }
  counts.forEach((found, row) =>
    assertDistribution(found, found.map(() => 1 / cells[row]!), `row ${row}`)
  );
  assertMean(ratio, 0.5005, "share of masks");
});

Deno.test("a ratio of 1 has no complement; a random one is drawn for each sample", () => {
  const context = { seed: 3, step: 1, model };
  const canvases = stepCanvases(LONG, context, OPTIONS.canvas);
  const [full, none] = certaintyNoise(canvases, context, {
    ...{ blockSize: null, probability: 1 },
  });
  assertEquals(none, []);
  assert(
    full.every(({ masked, promptLength }) =>
      masked.every((flag, i) => flag === Number(i >= promptLength))
    ),
  );
  const [random, complement] = certaintyNoise(canvases, context, {
    ...{ blockSize: null, probability: "random" },
  });
  const shares = random.map(({ probability }) => probability.at(-1)!);
  assertEquals(new Set(shares).size, shares.length);
  random.forEach(({ masked, promptLength }, row) =>
    masked.forEach((flag, i) =>
      assertEquals(
        flag + complement[row]!.masked[i]!,
        Number(i >= promptLength),
      )
    )
  );
});

Deno.test("a block-causal student sees the blocks of its decoder", () => {
  const both = [noised([0, 0, 1], [1, 2])];
  const batch = certaintyBatch([both], {
    shift: false,
    attention: { kind: "block-causal", blockSize: 1 },
  });
  assertEquals([...batch.sequences[0]!.limits], [1, 2, 3]);
});
