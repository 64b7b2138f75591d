/** What is done with a step happens while the next forward is under way, and changes nothing in what is handed on. */
import { assertEquals, assertLess, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { DiffusionModel, ForwardRequest } from "../model/types.ts";
import { decode, type DecodeOptions } from "./decode.ts";
import { lopa } from "./lopa.ts";
import { toyModel, toyPrompt } from "./toy_model.ts";

const TOY = { seed: 5, promptLength: 7 };
const DECODER = lopa({ maxNewTokens: 24, blockSize: 8, lookaheads: 3 });

/** Keeps this thread busy, as a detokeniser does. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** The toy model as a device would have it: answers come after a while, the thread stays free meanwhile. */
function slowModel(
  { milliseconds = 0, failAt = Infinity, log = [] }: {
    readonly milliseconds?: number;
    readonly failAt?: number;
    readonly log?: string[];
  },
): DiffusionModel {
  const model = toyModel(TOY);
  return {
    spec: model.spec,
    open: (options) => {
      const session = model.open(options);
      let round = 0;
      return {
        concurrent: true,
        forward: async (request: ForwardRequest) => {
          const own = ++round;
          log.push(`begin ${own}`);
          await new Promise((wake) => setTimeout(wake, milliseconds));
          log.push(`end ${own}`);
          if (own === failAt) throw new RangeError(`round ${own} failed`);
          return await session.forward(request);
        },
        close: () => {
          log.push("close");
          session.close();
        },
      };
    },
  };
}

Deno.test("decode: a slow consumer costs no time where forwards leave the thread free", async () => {
  const consumerMs = 4, forwardMs = 8;
  const run = async (overlap: boolean) => {
    let steps = 0;
    const began = performance.now();
    const model = slowModel({ milliseconds: forwardMs });
    const options = { overlap };
    for await (const _ of decode(model, DECODER, toyPrompt(TOY), options)) {
      busy(consumerMs);
      steps++;
    }
    return { steps, wallMs: performance.now() - began };
  };
  const one = await run(false), other = await run(true);
  assertEquals(other.steps, one.steps);
  // All but the last step is taken in while a forward is under way.
  const saved = one.wallMs - other.wallMs;
  assertLess((one.steps - 1) * consumerMs * 0.6, saved);
});

Deno.test("decode: the next forward is under way before a step is handed on", async () => {
  const log: string[] = [];
  const model = slowModel({ log });
  const onTiming: DecodeOptions["onTiming"] = ({ step }) =>
    log.push(`timing ${step}`);
  const prompt = toyPrompt(TOY);
  for await (const { index } of decode(model, DECODER, prompt, { onTiming })) {
    log.push(`step ${index}`);
  }
  const rounds = log.filter((line) => line.startsWith("begin")).length;
  const wanted = Array.from({ length: rounds }, (_, i) => [
    ...(i === 0 ? ["begin 1"] : []),
    `end ${i + 1}`,
    ...(i + 1 < rounds ? [`begin ${i + 2}`] : []),
    `timing ${i + 1}`,
    `step ${i + 1}`,
  ]).flat();
  assertEquals(log, [...wanted, "close"]);
});

/** How a consumer ends a decode. */
interface Ending {
  readonly at: number;
  readonly how: "leaves" | "aborts" | "throws" | "model fails" | "timing fails";
}

/** All that a consumer sees, in order. */
async function events(ending: Ending, overlap: boolean): Promise<unknown[]> {
  const { at, how } = ending;
  const seen: unknown[] = [];
  const controller = new AbortController();
  const model = slowModel({ failAt: how === "model fails" ? at : Infinity });
  const run = decode(model, DECODER, toyPrompt(TOY), {
    ...{ overlap, signal: controller.signal },
    onTiming: ({ step }) => {
      seen.push(`timing ${step}`);
      if (how === "timing fails" && step === at) throw new Error("no clock");
    },
  });
  try {
    let turn = await run.next();
    for (; !turn.done; turn = await run.next()) {
      seen.push(turn.value);
      if (turn.value.index !== at) continue;
      if (how === "leaves") {
        await run.return(undefined as never);
        return [...seen, "left"];
      }
      if (how === "aborts") controller.abort(new Error("enough"));
      if (how === "throws") await run.throw(new Error("consumer"));
    }
    seen.push(turn.value);
  } catch (error) {
    seen.push(String(error));
  }
  return seen;
}

Deno.test("decode: order and content of all that is handed on are the same with and without overlap", async () => {
  const endings = fc.record({
    at: fc.integer({ min: 1, max: 14 }),
    how: fc.constantFrom(
      ...["leaves", "aborts", "throws", "model fails", "timing fails"] as const,
    ),
  });
  await fc.assert(
    fc.asyncProperty(endings, async (ending) => {
      assertEquals(await events(ending, true), await events(ending, false));
    }),
    { seed: 4, numRuns: 60 },
  );
});

Deno.test("decode: nobody closes a session under a forward, however a consumer ends", async () => {
  for (const how of ["leaves", "throws"] as const) {
    const log: string[] = [];
    const run = decode(
      slowModel({ milliseconds: 2, log }),
      DECODER,
      toyPrompt(TOY),
    );
    await run.next();
    const error = new Error("the consumer's own");
    if (how === "leaves") await run.return(undefined as never);
    else await assertRejects(() => run.throw(error), Error, "consumer's own");
    assertEquals(log, ["begin 1", "end 1", "begin 2", "end 2", "close"]);
  }
});

Deno.test("decode: a forward that throws at once is reported after the step before it", async () => {
  const model: DiffusionModel = {
    spec: toyModel(TOY).spec,
    open: () => {
      const session = toyModel(TOY).open();
      let round = 0;
      return {
        concurrent: true,
        forward: (request) => {
          if (++round === 2) throw new RangeError("at once");
          return session.forward(request);
        },
        close: () => session.close(),
      };
    },
  };
  const run = decode(model, DECODER, toyPrompt(TOY));
  assertEquals((await run.next()).done, false);
  await assertRejects(() => run.next(), RangeError, "at once");
});
