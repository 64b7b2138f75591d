import {
  assertEquals,
  assertLess,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { library, nativeTest } from "../engine/_fixture.ts";
import { temporaryFolder } from "../engine/_temporary.ts";
import { Device } from "../engine/mod.ts";
import { encodeSafetensors, writeCheckpoint } from "./_checkpoint_files.ts";
import { TEST_SHAPES } from "./_native.ts";
import { GREEDY } from "./_scenarios.ts";
import { AdapterError, ConfigError } from "./errors.ts";
import { loadModel } from "./load_model.ts";
import { NativeModel } from "./native_model.ts";
import { randomSource } from "./random_model.ts";
import { loadReferenceModel } from "./reference_model.ts";
import type { ForwardRequest, Predictions } from "./types.ts";

const request: ForwardRequest = {
  cache: [],
  cached: [],
  branches: [{
    start: 0,
    tokens: Int32Array.from({ length: 20 }, (_, i) => i % 16),
    predict: Int32Array.of(3, 9, 19),
  }],
  commitRows: 5,
  visibility: { kind: "full" },
  sampling: GREEDY,
  logits: true,
};

async function answer(model: NativeModel): Promise<Predictions["branches"]> {
  const session = model.open({ maxPositions: 32 });
  try {
    return (await session.forward(request)).branches;
  } finally {
    session.close();
  }
}

nativeTest(
  "loadModel gives the model of the same tensors, from one file, from shards, in f32 and bf16",
  async () => {
    await using device = await Device.open({ library: library!, threads: 1 });
    for (const shape of TEST_SHAPES) {
      for (const type of ["F32", "BF16", "F16"] as const) {
        const source = randomSource(shape, { type });
        await using folder = await temporaryFolder();
        await writeCheckpoint(folder.path, source, {
          shards: type === "F16" ? 2 : 1,
        });
        for (const dtype of ["f32", "bf16"] as const) {
          using expected = await NativeModel.create(source, { device, dtype });
          using actual = await loadModel(folder.path, { device, dtype });
          assertEquals(await answer(actual), await answer(expected));
          assertEquals({ ...actual.spec, digest: "" }, {
            ...expected.spec,
            digest: "",
          });
        }
      }
    }
  },
);

nativeTest(
  "loadModel gives back all device memory when the model is closed",
  async () => {
    await using device = await Device.open({ library: library!, threads: 1 });
    const before = device.info.bytes;
    const [, untied, tied] = TEST_SHAPES as [
      unknown,
      (typeof TEST_SHAPES)[number],
      (typeof TEST_SHAPES)[number],
    ];
    const bytes = async (
      shape: (typeof TEST_SHAPES)[number],
      dtype: "f32" | "bf16",
    ) => {
      using model = await NativeModel.create(randomSource(shape), {
        device,
        dtype,
      });
      const weights = device.info.bytes;
      await answer(model);
      return weights;
    };
    const whole = await bytes({ ...tied, tied: false }, "f32");
    assertLess(await bytes(tied, "f32"), whole);
    assertLess(await bytes(untied, "bf16"), await bytes(untied, "f32"));
    assertEquals(device.info.bytes, before);
    await using folder = await temporaryFolder();
    await writeCheckpoint(folder.path, randomSource(untied));
    using own = await loadModel(folder.path);
    own.close();
    own.close();
  },
);

nativeTest(
  "loadModel merges an adapter, and so does loadReferenceModel",
  async () => {
    const shape = TEST_SHAPES[1]!;
    await using folder = await temporaryFolder();
    await writeCheckpoint(folder.path, randomSource(shape));
    const pair = (module: string, side: "A" | "B") =>
      [
        `base_model.model.model.transformer.blocks.${module}.q_proj.lora_${side}.weight`,
        {
          dtype: "F32" as const,
          shape: side === "A" ? [1, 24] : [24, 1],
          bytes: new Uint8Array(
            Float32Array.from(
              { length: 24 },
              (_, i) => Math.sin(i + Number(module)),
            ).buffer,
          ),
        },
      ] as const;
    const tensors = ["0", "1", "2"].flatMap((
      module,
    ) => [pair(module, "A"), pair(module, "B")]);
    await Deno.writeFile(
      `${folder.path}/adapter_model.safetensors`,
      encodeSafetensors(new Map(tensors)),
    );
    const config = {
      peft_type: "LORA",
      r: 1,
      lora_alpha: 2,
      target_modules: ["q_proj", "o_proj"],
    };
    await Deno.writeTextFile(
      `${folder.path}/adapter_config.json`,
      JSON.stringify(config),
    );
    await using device = await Device.open({ library: library!, threads: 1 });
    const options = { device, adapter: folder.path };
    await assertRejects(
      () => loadModel(folder.path, options),
      AdapterError,
      "o_proj",
    );
    using plain = await loadModel(folder.path, { device });
    using adapted = await loadModel(folder.path, {
      ...options,
      allowUnmatched: ["o_proj"],
    });
    const reference = await loadReferenceModel(folder.path, {
      adapter: folder.path,
      allowUnmatched: ["o_proj"],
    });
    assertEquals(adapted.spec, reference.spec);
    assertNotEquals(adapted.spec.digest, plain.spec.digest);
    const [actual, before] = [await answer(adapted), await answer(plain)];
    const expected = (await reference.open().forward(request)).branches;
    assertNotEquals(actual[0]!.logits, before[0]!.logits);
    actual[0]!.logits!.forEach((value, i) =>
      assertLess(Math.abs(value - expected[0]!.logits![i]!), 1e-4)
    );
  },
);

Deno.test("loadReferenceModel names special ids that are missing or beyond the vocabulary", async () => {
  await using folder = await temporaryFolder();
  const source = randomSource(TEST_SHAPES[0]!);
  const refuses = async (config: Record<string, unknown>, text: string) => {
    await writeCheckpoint(folder.path, source, { config });
    await assertRejects(
      () => loadReferenceModel(folder.path),
      ConfigError,
      text,
    );
  };
  await refuses({ mask_token_id: null }, "gives mask_token_id");
  await refuses({ eos_token_id: null }, "gives eos_token_id");
  await refuses(
    { mask_token_id: 37 },
    "mask_token_id is 37, beyond the 37 rows",
  );
  await writeCheckpoint(folder.path, source, {
    config: { pad_token_id: null, bos_token_id: null },
  });
  const { spec } = await loadReferenceModel(folder.path);
  assertEquals([spec.padId, spec.bosId], [35, null]);
});
