/** Rounds on disk: a decode that ended anywhere goes on with them to the same output. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { observe } from "../decoding/_exactness.ts";
import { lopa } from "../decoding/lopa.ts";
import { nativeTest } from "../engine/_fixture.ts";
import { temporaryFolder } from "../engine/_temporary.ts";
import { GREEDY } from "../model/greedy.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type {
  DiffusionModel,
  ForwardRequest,
  Predictions,
} from "../model/types.ts";
import { Devices } from "./_replicas.ts";
import { resumable, RoundLog, RoundLogError } from "./round_log.ts";

const OF = { decoder: "lopa", prompt: [4, 8, 15] };
const PROMPT = Int32Array.from(OF.prompt);
const SOURCE = randomSource(SHAPES.tiny, { seed: 5, sharpness: 2 });

/** The model, which is killed in round `last + 1`; `rounds` counts what it computes. */
function mortal(
  model: DiffusionModel,
  { last, rounds }: {
    readonly last: number;
    readonly rounds: { count: number };
  },
): DiffusionModel {
  return {
    spec: model.spec,
    open: (options) => {
      const session = model.open(options);
      return {
        close: () => session.close(),
        forward: async (request) => {
          if (request.branches.some(({ predict }) => predict.length > 0)) {
            if (rounds.count === last) throw new Error("killed");
            rounds.count++;
          }
          return await session.forward(request);
        },
      };
    },
  };
}

nativeTest(
  "RoundLog: a decode killed after any rounds, and again, ends as one that was not",
  async () => {
    await using devices = await Devices.open(1);
    using model = await devices.single(SOURCE);
    await using folder = await temporaryFolder();
    const path = `${folder.path}/rounds`;
    const wanted = new Map<number, Awaited<ReturnType<typeof observe>>>();
    const decoderOf = (lookaheads: number) =>
      lopa({
        ...{ lookaheads, blockSize: 8, maxNewTokens: 32 },
        confidenceThreshold: 0.95,
      });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 12 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.boolean(),
        async (lookaheads, ends, torn) => {
          const decoder = decoderOf(lookaheads);
          const whole = wanted.get(lookaheads) ??
            await observe(model, decoder, PROMPT);
          wanted.set(lookaheads, whole);
          const total = whole.trace.steps.length;
          let done = 0;
          for (const [i, end] of [...ends, Infinity].entries()) {
            using log = i === 0
              ? await RoundLog.begin(path, OF)
              : await RoundLog.resume(path, OF);
            assertEquals(log.recorded, done);
            const rounds = { count: 0 };
            const last = Math.min(end, total - done - 1);
            const alive = mortal(model, {
              last: end === Infinity ? Infinity : last,
              rounds,
            });
            const run = observe(resumable(alive, log), decoder, PROMPT);
            if (end === Infinity) {
              assertEquals((await run).trace, whole.trace);
              assertEquals(rounds.count, total - done);
            } else {
              await assertRejects(() => run, Error, "killed");
              done += last;
              // As if the process had died within the last line.
              if (torn) {
                await Deno.writeTextFile(path, '{"request":"0', {
                  append: true,
                });
              }
            }
          }
        },
      ),
      { seed: 9, numRuns: 12 },
    );
  },
);

/** One round that a log holds. */
const REQUEST: ForwardRequest = {
  ...{ cache: [], cached: [], commitRows: 0 },
  branches: [{
    start: 0,
    tokens: Int32Array.of(1, 2),
    predict: Int32Array.of(1),
    uniforms: Float64Array.of(0.5),
  }],
  visibility: { kind: "full" },
  sampling: GREEDY,
};
const ANSWER: Predictions = {
  rows: 2,
  branches: [{
    positions: Int32Array.of(1),
    tokens: Int32Array.of(7),
    probability: Float32Array.of(0.1),
    margin: Float32Array.of(1e-30),
    negEntropy: Float32Array.of(-0),
    topTokens: Int32Array.of(7, -1),
    topProbability: Float32Array.of(0.1, 0),
    logits: Float32Array.of(1 / 3, -3e38),
  }],
};

Deno.test("RoundLog: answers come back bit for bit, only to what was asked", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rounds`;
  {
    using log = await RoundLog.begin(path, OF);
    assertEquals(log.recorded, 0);
    log.append(REQUEST, ANSWER);
  }
  using log = await RoundLog.resume(path, OF);
  assertEquals(log.recorded, 1);
  assertEquals(log.answer(0, REQUEST), ANSWER);
  const others: ForwardRequest[] = [
    { ...REQUEST, commitRows: 1 },
    { ...REQUEST, cache: [{ kind: "reset" }] },
    {
      ...REQUEST,
      branches: [{ ...REQUEST.branches[0]!, tokens: Int32Array.of(1, 3) }],
    },
  ];
  for (const other of others) {
    assertThrows(
      () => log.answer(0, other),
      RoundLogError,
      "round 0 asked for something else",
    );
  }
});

Deno.test("RoundLog: logs of other decodes, and lines that are none, are refused by name", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rounds`;
  await assertRejects(() => RoundLog.resume(path, OF), Deno.errors.NotFound);
  (await RoundLog.begin(path, OF))[Symbol.dispose]();
  await assertRejects(
    () => RoundLog.resume(path, { ...OF, prompt: [1] }),
    RoundLogError,
    "rounds of another decode",
  );
  await Deno.writeTextFile(path, "not a log\n");
  const error = await assertRejects(
    () => RoundLog.resume(path, OF),
    RoundLogError,
    path,
  );
  assertEquals(error.path, path);
  (await RoundLog.begin(path, OF))[Symbol.dispose]();
  await Deno.writeTextFile(path, "{}\n", { append: true });
  await assertRejects(
    () => RoundLog.resume(path, OF),
    RoundLogError,
    "round 0 cannot be read",
  );
  // begin() starts afresh whatever was there.
  (await RoundLog.begin(path, OF))[Symbol.dispose]();
  using log = await RoundLog.resume(path, OF);
  assertEquals(log.recorded, 0);
});
