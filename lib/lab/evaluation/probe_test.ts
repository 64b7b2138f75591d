import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  FAKE_SPEC,
  fakeModel,
  hashedLogits,
  peakedLogits,
} from "../../decoding/_fake_model.ts";
import { runDecode } from "../../decoding/decode.ts";
import { dparallelLlada } from "../../decoding/entropy_threshold.ts";
import { lladaVanilla } from "../../decoding/llada_vanilla.ts";
import { expectedCalibrationError } from "../../metrics/calibration.ts";
import { probeDecode, probeStates } from "./probe.ts";
import { addProbe, noProbes } from "./probe_sums.ts";

const PROMPT = Int32Array.of(1, 2, 3);
const options = { maxNewTokens: 8, blockSize: 4 };

Deno.test("a probed decode is the decode itself, and knows every masked position at each of its forwards", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const model = fakeModel(hashedLogits(seed, FAKE_SPEC));
    const decoder = dparallelLlada({ ...options, entropyThreshold: 1.8 });
    const { steps, result } = await runDecode(model, decoder, PROMPT);
    const { states, ids } = await probeDecode(model, decoder, PROMPT);
    assertEquals(ids, result.ids);
    assertEquals(states.length, steps.length);
    states.forEach(({ canvas, positions, step, tokens, confidence }, i) => {
      assertEquals(step, i);
      assertEquals(
        [...positions],
        [...canvas.keys()].filter((at) => canvas[at] === FAKE_SPEC.maskId),
      );
      for (const { position, token, probability } of steps[i]!.fills) {
        const place = positions.indexOf(position);
        assertEquals([tokens[place], confidence[place]], [token, probability]);
      }
    });
    assertEquals(model.openSessions(), 0);
  }
});

Deno.test("states shown to another model are those of the decode, with that model's confidence", async () => {
  const model = fakeModel(hashedLogits(1, FAKE_SPEC));
  const decoder = lladaVanilla(options);
  const { states } = await probeDecode(model, decoder, PROMPT);
  const same = await probeStates(model, states, { decoder, prompt: PROMPT });
  assertEquals(same, states);
  const sure = fakeModel(() => peakedLogits(4, 0.99));
  const shown = await probeStates(sure, states, { decoder, prompt: PROMPT });
  shown.forEach(({ canvas, positions, tokens, confidence }, i) => {
    assertEquals(canvas, states[i]!.canvas);
    assertEquals(positions, states[i]!.positions);
    assert(tokens.every((token) => token === 4));
    assert(confidence.every((p) => Math.abs(p - 0.99) < 1e-5));
  });
});

Deno.test("a decoder that uses the cache is refused", async () => {
  const model = fakeModel(hashedLogits(1, FAKE_SPEC));
  const decoder = dparallelLlada({ ...options, cache: "dual" });
  await assertRejects(
    () => probeDecode(model, decoder, PROMPT),
    RangeError,
    "without cache",
  );
});

Deno.test("sums over a decode by hand: steps, entered blocks, calibration", async () => {
  // Sure by 0.8 of token 4 in front, by 0.9 of the end from the third position on; both blocks take two forwards.
  const eos = FAKE_SPEC.eosId;
  const model = fakeModel((position) =>
    position < 5 ? peakedLogits(4, 0.8) : peakedLogits(eos, 0.9)
  );
  const decoder = lladaVanilla({ ...options, steps: 4 });
  const { states, ids } = await probeDecode(model, decoder, PROMPT);
  assertEquals([...ids], [4, 4, eos, eos, eos, eos, eos, eos]);
  const reference = {
    ...{ promptLength: 3, blockSize: 4, eosId: eos, maxSteps: 2, ids },
  };
  const once = addProbe(noProbes(), states, reference);
  const twice = addProbe(once, states, reference);
  assertEquals(twice.steps.map(({ decodes }) => decodes), [2, 2]);
  assertEquals(twice.steps[0]!.masked, new Array(8).fill(2));
  assertEquals(twice.steps[1]!.masked, [2, 2, 0, 0, 2, 2, 2, 2]);
  assert(Math.abs(twice.steps[0]!.sums[0]! - 1.6) < 1e-5);
  assertEquals(once.entry.reduce((a, b) => a + b), 4);
  assertEquals(once.entry[16 - 1]! + once.entry[16]!, 2);
  assertEquals(once.entryBehind.reduce((a, b) => a + b), 4);
  // Positions 0 to 2 are the answer with its end: masked in states 0 and 1, position 2 in state 0 alone.
  const counted = once.calibration.reduce((sum, { count }) => sum + count, 0);
  assertEquals(counted, 5);
  const right = once.calibration.reduce((sum, { right }) => sum + right, 0);
  assertEquals(right, 5);
  const { sums: [sum], squares: [square] } = twice.steps[0]!;
  assert(Math.abs(square! - sum! ** 2 / 2) < 1e-5);
  // Totals are those of the decodes.
  const { entry, entryBehind, calibration } = once;
  const alone = { entry, entryBehind, calibration };
  assertEquals(once.decodes, [alone]);
  assertEquals(twice.decodes, [alone, alone]);
  assertEquals(twice.entry, once.entry.map((count) => 2 * count));
  const error = expectedCalibrationError(once.calibration)!;
  assert(Math.abs(error - (4 * 0.2 + 0.1) / 5) < 1e-5);
});
