import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type {
  BranchPredictions,
  DiffusionModel,
  ForwardRequest,
} from "../model/types.ts";
import { d2f } from "./d2f.ts";
import type { ThresholdOptions } from "./d2f_options.ts";
import { truncatePrompt } from "./d2f_rules.ts";
import { DecodeError } from "./errors.ts";
import { lopa } from "./lopa.ts";
import { lopaCanvas } from "./lopa_canvas.ts";
import { TOY_SPEC, toyModel, toyPrompt } from "./toy_model.ts";
import { runDecoder } from "./toy_run.ts";
import type { Decoder } from "./types.ts";

const TOY = { seed: 1, promptLength: 9 };
const SMALL = { blockSize: 4, maxNewTokens: 8 };
/** Options that all three take. */
type Make = (
  options?: ThresholdOptions & { readonly blockSize?: number },
) => Decoder;
const MAKERS: Record<string, Make> = { d2f, lopa, lopaCanvas };

/** A model that answers MASK, surely, wherever it may, and token 7 elsewhere. */
function maskingModel(): DiffusionModel {
  const spec = { ...TOY_SPEC, shift: true, digest: "answers MASK" };
  const answer = (
    { branches, sampling }: ForwardRequest,
  ): BranchPredictions[] =>
    branches.map(({ predict }) => ({
      positions: predict,
      tokens: predict.map(() =>
        sampling.barred.includes(spec.maskId) ? 7 : spec.maskId
      ),
      probability: new Float32Array(predict.length).fill(0.99),
      margin: new Float32Array(predict.length).fill(0.99),
      negEntropy: new Float32Array(predict.length).fill(-0.01),
    }));
  return {
    spec,
    open: () => ({
      forward: (request) =>
        Promise.resolve({ branches: answer(request), rows: 0 }),
      close() {},
    }),
  };
}

for (const [name, make] of Object.entries(MAKERS)) {
  Deno.test(`${name}: refuses a prompt with MASK, an empty one, a strange id and one too long for the model`, () => {
    const { spec } = toyModel(TOY);
    const start = (prompt: number[], limit = 4096) => () =>
      make(SMALL).start(Int32Array.from(prompt), {
        ...spec,
        maxPositions: limit,
      });
    assertThrows(start([7, spec.maskId]), DecodeError, "mask");
    assertThrows(start([]), DecodeError, "prompt");
    assertThrows(start([7, 40]), DecodeError, "40");
    const error = assertThrows(start([7, 8, 9], 10), DecodeError, "3 tokens");
    assertStringIncludes(
      (error as DecodeError).message,
      "8 are to be generated",
    );
    assert(start([7, 8], 10)().request !== undefined);
  });

  Deno.test(`${name}: with MASK barred a model that loves it is decoded, without it the step cap ends the decode`, async () => {
    const input = { model: maskingModel(), prompt: Int32Array.of(6) };
    assertEquals(
      [...(await runDecoder(make(SMALL), input)).result.ids],
      new Array(8).fill(7),
    );
    await assertRejects(
      () => runDecoder(make({ ...SMALL, barMask: false, stepCap: 5 }), input),
      DecodeError,
      "after 5 forwards",
    );
  });

  Deno.test(`${name}: options are complete, and wrong ones are named`, () => {
    assertEquals(make(SMALL).options.stepCap, 16);
    assertEquals(JSON.parse(JSON.stringify(make().options)), make().options);
    assertThrows(() => make({ blocksize: 4 } as never), TypeError, "blocksize");
    assertThrows(() => make({ blockSize: 0 }), RangeError, "blockSize");
    assertThrows(
      () => make({ confidenceThreshold: -0.1 }),
      RangeError,
      "confidenceThreshold",
    );
    assertThrows(() => make({ temperature: NaN }), RangeError, "temperature");
    assertThrows(() => make({ topP: 0 }), RangeError, "topP");
    assertThrows(
      () => make({ strategy: "entropy" } as never),
      RangeError,
      "strategy",
    );
    assertThrows(() => make({ stepCap: 0 }), RangeError, "stepCap");
  });
}

Deno.test("d2f and lopa: at least one block must fit, shares lie in [0, 1]", () => {
  for (const make of [d2f, lopa]) {
    assertThrows(
      () => make({ blockSize: 16, maxNewTokens: 8 }),
      RangeError,
      "only whole blocks",
    );
    assertThrows(() => make({ addThreshold: 1.1 }), RangeError, "addThreshold");
    assertThrows(
      () => make({ activateThreshold: -1 }),
      RangeError,
      "activateThreshold",
    );
  }
  assertThrows(() => lopa({ lookaheads: -1 }), RangeError, "lookaheads");
  assertThrows(() => lopa({ lookaheads: 1.5 }), RangeError, "lookaheads");
  assertThrows(() => lopa({ creationWeight: 2 }), RangeError, "creationWeight");
  assertThrows(
    () => d2f({ rule: "diffucoder", strategy: "margin" }),
    RangeError,
    "DiffuCoder",
  );
});

Deno.test("d2f: the first request holds prompt and first block together and commits the prompt (spec trap T2)", () => {
  const { request, step } = d2f(SMALL).start(
    toyPrompt(TOY),
    toyModel(TOY).spec,
  );
  assertEquals(step, undefined);
  assertEquals(request!.cache, [{ kind: "reset" }]);
  assertEquals(request!.cached, []);
  assertEquals(request!.commitRows, 9);
  assertEquals([...request!.branches[0]!.tokens], [
    ...toyPrompt(TOY),
    39,
    39,
    39,
    39,
  ]);
  assertEquals([...request!.branches[0]!.predict], [9, 10, 11, 12]);
  assertEquals(request!.visibility, { kind: "full" });
});

Deno.test("d2f: visibility follows the rule unless given", () => {
  const visibility = (options: Parameters<typeof d2f>[0]) =>
    d2f({ ...SMALL, ...options }).start(toyPrompt(TOY), toyModel(TOY).spec)
      .request!.visibility;
  const causal = {
    kind: "block-causal",
    promptLength: 9,
    blockSize: 4,
  } as const;
  assertEquals(visibility({ rule: "llada" }), causal);
  assertEquals(visibility({ rule: "diffucoder" }), causal);
  assertEquals(
    visibility({ rule: "dream", visibility: "block-causal" }),
    causal,
  );
  assertEquals(visibility({ rule: "llada", visibility: "full" }), {
    kind: "full",
  });
});

Deno.test("d2f: an unshifted model keeps no boundary row, a shifted one does", async () => {
  for (const shift of [true, false]) {
    const run = await runDecoder(d2f({ ...SMALL, rule: "llada" }), {
      model: toyModel({ ...TOY, shift }),
      prompt: toyPrompt(TOY),
    });
    const commits = run.requests.flatMap(({ cache }) => cache).filter((
      { kind },
    ) => kind === "commit");
    assertEquals(commits[0], {
      kind: "commit",
      branch: 0,
      rows: 9,
      boundary: shift,
    });
  }
});

Deno.test("d2f: reference steps count the closing check under the Dream rule only (spec trap T5)", async () => {
  const input = { model: toyModel(TOY), prompt: toyPrompt(TOY) };
  const steps = async (rule: "dream" | "llada" | "diffucoder") => {
    const { result } = await runDecoder(d2f({ ...SMALL, rule }), input);
    return result.referenceSteps - result.forwards;
  };
  assertEquals([
    await steps("dream"),
    await steps("llada"),
    await steps("diffucoder"),
  ], [1, 0, 0]);
});

Deno.test("d2f: DiffuCoder's counter lets a block go that holds a predicted MASK (spec trap T3)", async () => {
  const input = { model: maskingModel(), prompt: Int32Array.of(6) };
  const { result } = await runDecoder(
    d2f({ ...SMALL, rule: "diffucoder", barMask: false, stepCap: 50 }),
    input,
  );
  assertEquals([...result.ids], new Array(8).fill(TOY_SPEC.maskId));
});

Deno.test("d2f: growth stops at the stop token, which is the padding token for DiffuCoder", async () => {
  const model = toyModel({ ...TOY, eosAt: 0 });
  const shown = { ...model, spec: { ...model.spec, padId: 33 } };
  const length = async (options: Parameters<typeof d2f>[0]) =>
    (await runDecoder(d2f({ ...SMALL, maxNewTokens: 16, ...options }), {
      model: shown,
      prompt: toyPrompt(TOY),
    })).result.ids.length;
  assertEquals(await length({ rule: "dream" }), 4);
  assertEquals(await length({ rule: "diffucoder" }), 16);
  assertEquals(await length({ rule: "diffucoder", stopId: 5 }), 4);
});

Deno.test("truncatePrompt: keeps the end, and never nothing", () => {
  const prompt = Int32Array.of(1, 2, 3, 4);
  assertEquals(
    [...truncatePrompt(prompt, { maxLength: 10, maxNewTokens: 8 })],
    [3, 4],
  );
  assertEquals(
    [...truncatePrompt(prompt, { maxLength: 100, maxNewTokens: 8 })],
    [1, 2, 3, 4],
  );
  assertThrows(
    () => truncatePrompt(prompt, { maxLength: 8, maxNewTokens: 8 }),
    RangeError,
    "maxLength",
  );
});
