import { assertRejects, assertThrows } from "@std/assert";
import { library, nativeTest } from "../engine/_fixture.ts";
import { Device } from "../engine/mod.ts";
import { TEST_SHAPES } from "./_native.ts";
import { GREEDY } from "./_scenarios.ts";
import { NonFiniteError } from "./errors.ts";
import { NativeModel } from "./native_model.ts";
import { randomSource } from "./random_model.ts";
import { ReferenceModel } from "./reference_model.ts";
import type { TensorSource } from "./tensor_source.ts";
import type { ForwardRequest, ModelSession } from "./types.ts";

/** Random weights with the third element of these tensors replaced. */
function poisoned(names: readonly string[], value: number): TensorSource {
  const source = randomSource(TEST_SHAPES[0]!);
  return {
    ...source,
    read: (read, rows) => {
      const bytes = source.read(read, rows);
      if (names.includes(read) && rows.begin === 0) {
        new DataView(bytes.buffer).setFloat32(8, value, true);
      }
      return bytes;
    },
  };
}

const request: ForwardRequest = {
  cache: [],
  cached: [],
  branches: [{
    start: 0,
    tokens: Int32Array.of(1, 2),
    predict: Int32Array.of(1),
  }],
  commitRows: 0,
  visibility: { kind: "full" },
  sampling: GREEDY,
};

const MATRIX = "model.layers.1.mlp.up_proj.weight";
const VECTOR = "model.layers.0.input_layernorm.weight";
const HEAD = ["model.norm.weight", "lm_head.weight"];

async function refusesLogits(session: ModelSession): Promise<void> {
  await assertRejects(
    () => session.forward(request),
    NonFiniteError,
    "NaN or infinity",
  );
}

Deno.test("ReferenceModel names NaN and infinity in weights, and logits that overflow", async () => {
  assertThrows(
    () => new ReferenceModel(poisoned([MATRIX], NaN)),
    NonFiniteError,
    MATRIX,
  );
  assertThrows(
    () => new ReferenceModel(poisoned([VECTOR], Infinity)),
    NonFiniteError,
    VECTOR,
  );
  await refusesLogits(new ReferenceModel(poisoned(HEAD, 1e30)).open());
});

nativeTest(
  "NativeModel names NaN and infinity in weights, and logits that overflow",
  async () => {
    await using device = await Device.open({ library: library!, threads: 1 });
    const create = (source: TensorSource) =>
      NativeModel.create(source, { device });
    await assertRejects(
      () => create(poisoned([MATRIX], NaN)),
      NonFiniteError,
      MATRIX,
    );
    await assertRejects(
      () => create(poisoned([VECTOR], Infinity)),
      NonFiniteError,
      VECTOR,
    );
    using model = await create(poisoned(HEAD, 1e30));
    const session = model.open();
    await refusesLogits(session);
    await assertRejects(() => session.forward(request), TypeError, "failed");
    session.close();
  },
);
