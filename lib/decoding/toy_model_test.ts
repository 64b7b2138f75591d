import { GREEDY } from "../model/greedy.ts";
import { assertEquals, assertThrows } from "@std/assert";
import type { ForwardRequest } from "../model/types.ts";
import { DecodeError } from "./errors.ts";
import { TOY_SPEC, toyModel, toyPrompt } from "./toy_model.ts";

const TOY = { seed: 1, promptLength: 9 };
const MASK = TOY_SPEC.maskId;

function request(
  more: Partial<ForwardRequest> & Pick<ForwardRequest, "branches">,
): ForwardRequest {
  return {
    cache: [],
    cached: [],
    commitRows: 0,
    visibility: { kind: "full" },
    sampling: GREEDY,
    ...more,
  };
}
const masks = (n: number) => new Int32Array(n).fill(MASK);

Deno.test("toyPrompt: the prompts of the recorded cases", () => {
  assertEquals([...toyPrompt(TOY)], [32, 17, 7, 20, 19, 26, 17, 29, 19]);
});

Deno.test("toyModel: a committed row goes on predicting the first uncached position, whatever follows it", async () => {
  const session = toyModel(TOY).open();
  const prompt = toyPrompt(TOY);
  const first = {
    start: 0,
    tokens: Int32Array.of(...prompt, ...masks(4)),
    predict: Int32Array.of(9, 10),
  };
  const before = await session.forward(
    request({ branches: [first], commitRows: 9 }),
  );
  const window = {
    start: 9,
    tokens: Int32Array.of(MASK, 30, 31, 32),
    predict: Int32Array.of(9),
  };
  const commit = {
    kind: "commit",
    branch: 0,
    rows: 9,
    boundary: true,
  } as const;
  const after = await session.forward(
    request({
      branches: [window],
      cache: [commit],
      cached: [{ start: 0, end: 9 }],
    }),
  );
  assertEquals(
    after.branches[0]!.probability[0],
    before.branches[0]!.probability[0],
  );
  assertEquals(after.rows, 4);
});

Deno.test("toyModel: without shift the first uncached position sees what was written around it", async () => {
  const model = toyModel({ ...TOY, shift: false });
  const whole = Int32Array.of(...toyPrompt(TOY), MASK, 30, 31, 32);
  const full = await model.open().forward(
    request({
      branches: [{ start: 0, tokens: whole, predict: Int32Array.of(9) }],
    }),
  );
  const session = model.open();
  await session.forward(
    request({
      branches: [{
        start: 0,
        tokens: toyPrompt(TOY),
        predict: new Int32Array(),
      }],
      commitRows: 9,
    }),
  );
  const window = {
    start: 9,
    tokens: whole.slice(9),
    predict: Int32Array.of(9),
  };
  const commit = {
    kind: "commit",
    branch: 0,
    rows: 9,
    boundary: false,
  } as const;
  const cached = await session.forward(
    request({ branches: [window], cache: [commit] }),
  );
  assertEquals(cached.branches, full.branches);
});

Deno.test("toyModel: refuses a shifted row that nobody kept, and a commit that does not continue the prefix", () => {
  const session = toyModel(TOY).open();
  const window = { start: 9, tokens: masks(2), predict: Int32Array.of(9) };
  assertThrows(
    () => session.forward(request({ branches: [window] })),
    DecodeError,
    "no row predicts position 9",
  );
  const commit = {
    kind: "commit",
    branch: 3,
    rows: 1,
    boundary: true,
  } as const;
  assertThrows(
    () => session.forward(request({ branches: [window], cache: [commit] })),
    DecodeError,
    "does not continue",
  );
});
