import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
} from "@std/assert";
import {
  FAKE_SPEC,
  type FakeModel,
  fakeModel,
  hashedLogits,
} from "./_fake_model.ts";
import { decode, runDecode, type StepTiming } from "./decode.ts";
import { lladaVanilla } from "./llada_vanilla.ts";
import type { Decoder, DecodeStep } from "./types.ts";

const PROMPT = Int32Array.of(1, 2);
const DECODER = lladaVanilla({ maxNewTokens: 4, blockSize: 4 });

const newModel = (): FakeModel => fakeModel(hashedLogits(1, FAKE_SPEC));

Deno.test("decode yields every step, returns the result and closes the session", async () => {
  const model = newModel();
  const run = decode(model, DECODER, PROMPT);
  const steps: DecodeStep[] = [];
  let turn = await run.next();
  for (; !turn.done; turn = await run.next()) {
    assertEquals(model.openSessions(), 1);
    steps.push(turn.value);
  }
  assertEquals(steps.map(({ index }) => index), [1, 2, 3, 4]);
  assertEquals(turn.value.forwards, 4);
  assertEquals(model.openSessions(), 0);
});

Deno.test("decode closes the session when its consumer leaves early", async () => {
  const model = newModel();
  for await (const step of decode(model, DECODER, PROMPT)) {
    if (step.index === 2) break;
  }
  assertEquals(model.requests.length, 2);
  assertEquals(model.openSessions(), 0);
});

Deno.test("decode closes the session when the model throws", async () => {
  const model = fakeModel(() => {
    throw new RangeError("overflow");
  });
  await assertRejects(
    () => runDecode(model, DECODER, PROMPT),
    RangeError,
    "overflow",
  );
  assertEquals(model.openSessions(), 0);
});

Deno.test("decode opens no session for a prompt that the decoder refuses", async () => {
  const model = newModel();
  await assertRejects(() => runDecode(model, DECODER, new Int32Array()));
  assertEquals(model.openSessions(), 0);
});

Deno.test("decode ends before the next forward once its signal is aborted", async () => {
  const model = newModel();
  const controller = new AbortController();
  const seen: number[] = [];
  await assertRejects(
    async () => {
      const { signal } = controller;
      for await (const step of decode(model, DECODER, PROMPT, { signal })) {
        seen.push(step.index);
        if (step.index === 2) controller.abort(new Error("enough"));
      }
    },
    Error,
    "enough",
  );
  assertEquals([seen, model.requests.length], [[1, 2], 2]);
  assertEquals(model.openSessions(), 0);
});

Deno.test("decode reports the times of every step before it", async () => {
  const model = newModel();
  const log: string[] = [];
  const timings: StepTiming[] = [];
  const onTiming = (timing: StepTiming) => {
    timings.push(timing);
    log.push(`time ${timing.step}`);
  };
  for await (const step of decode(model, DECODER, PROMPT, { onTiming })) {
    log.push(`step ${step.index}`);
  }
  assertEquals(log.slice(0, 4), ["time 1", "step 1", "time 2", "step 2"]);
  assertEquals(timings.length, 4);
  for (const { wallMs, nativeMs } of timings) {
    assertGreaterOrEqual(wallMs, 0);
    assertEquals(nativeMs, undefined);
  }
});

Deno.test("decode passes on the native time and the session's size", async () => {
  const model = newModel();
  const sizes: (number | undefined)[] = [];
  const timed: FakeModel = {
    ...model,
    open(options) {
      sizes.push(options?.maxPositions);
      const session = model.open(options);
      const forward = async (
        request: Parameters<typeof session.forward>[0],
      ) => ({
        ...await session.forward(request),
        nativeMs: 3,
      });
      return { ...session, forward };
    },
  };
  const native: (number | undefined)[] = [];
  await runDecode(timed, DECODER, PROMPT, {
    maxPositions: 6,
    onTiming: ({ nativeMs }) => native.push(nativeMs),
  });
  assertEquals(sizes, [6]);
  assertEquals(native, [3, 3, 3, 3]);
});

Deno.test("runDecode gives what decode gives", async () => {
  const { steps, result } = await runDecode(newModel(), DECODER, PROMPT);
  assertEquals(steps.length, 4);
  assertEquals(result.ids.length, 4);
});

Deno.test("decode names a decoder that stops without a result", async () => {
  const idle: Decoder = {
    name: "idle",
    options: {},
    start: () => ({ state: null }),
    next: () => ({ state: null }),
  };
  const error = await assertRejects(() => runDecode(newModel(), idle, PROMPT));
  assert(String(error).includes('decoder "idle" gave neither'));
});
