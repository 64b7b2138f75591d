import { assertEquals, assertThrows } from "@std/assert";
import { type RecordedSetting, SAMPLER_FAMILIES } from "./golden_settings.ts";
import type { Decoder } from "./types.ts";

const DREAM = {
  max_new_tokens: 64,
  steps: 32,
  temperature: 0,
  top_p: null,
  top_k: null,
  eps: 0.001,
  mask_token_id: 94,
  eos_token_id: 90,
};

const LLADA = {
  gen_length: 64,
  block_length: 16,
  steps: 32,
  temperature: 0,
  remasking: "low_confidence",
  mask_token_id: 93,
  eos_token_id: 91,
};

const FAST = "NVlabs/Fast-dLLM";
const DPARALLEL = "czg1225/dParallel";

function from(
  family: string,
  setting: RecordedSetting,
  [repo, name]: readonly [string, string] = [
    "",
    "DreamGenerationMixin._sample",
  ],
): Decoder {
  const reference = { repo, function: name };
  return SAMPLER_FAMILIES[family]!(setting, { reference });
}

/** The name of a decoder and some of its options. */
const facts = ({ name, options }: Decoder, ...keys: string[]): unknown[] => [
  name,
  ...keys.map((key) => options[key]),
];

Deno.test("Dream's settings become its sampler with its schedule, MASK allowed", () => {
  const decoder = from("dream-vanilla", { ...DREAM, alg: "topk_margin" });
  assertEquals(
    facts(decoder, "maxNewTokens", "steps", "algorithm", "epsilon", "barMask"),
    ["dream-vanilla", 64, 32, "topk_margin", 0.001, false],
  );
});

Deno.test("Fast-dLLM's Dream settings tell blocks from the canvas and the caches apart", () => {
  const alg = "confidence_threshold";
  const threshold = 0.7;
  const family = "dream-fastdllm";
  const canvas = from(family, { ...DREAM, alg, threshold });
  assertEquals(facts(canvas, "threshold"), ["fast-dllm-dream-canvas", 0.7]);
  const block = { ...DREAM, alg, threshold, block_length: 16 };
  const dual = from(family, { ...block, dual_cache: true });
  assertEquals(
    facts(dual, "rule", "cache", "blockSize"),
    ["fast-dllm-dream", "threshold", "dual", 16],
  );
  const prefix = from(family, {
    ...DREAM,
    alg: "entropy",
    block_length: 16,
    dual_cache: false,
  });
  assertEquals(
    facts(prefix, "rule", "cache"),
    ["fast-dllm-dream", "entropy", "prefix"],
  );
  assertEquals(
    facts(from(family, { ...DREAM, alg: "entropy" })),
    ["dream-vanilla"],
  );
});

Deno.test("the reference function tells the caches of LLaDA samplers apart", () => {
  const confidence = { ...LLADA, score: "confidence", threshold: 0.9 };
  const entropy = { ...LLADA, score: "entropy", threshold: 0.5 };
  for (
    const [name, cache] of [
      ["generate", "none"],
      ["generate_with_prefix_cache", "prefix"],
      ["generate_with_dual_cache", "dual"],
    ] as const
  ) {
    assertEquals(
      facts(from("llada-fastdllm", confidence, [FAST, name]), "rule", "cache"),
      ["fast-dllm-llada", "threshold", cache],
    );
    assertEquals(
      facts(from("llada-dparallel", entropy, [DPARALLEL, name]), "cache"),
      ["dparallel-llada", cache],
    );
  }
  assertThrows(
    () => from("llada-fastdllm", confidence, [FAST, "sample"]),
    TypeError,
    'the reference function is "sample"',
  );
});

Deno.test("without a threshold Fast-dLLM uses quotas, and dParallel entropy only with a cache", () => {
  const confidence = { ...LLADA, score: "confidence" };
  const cached = "generate_with_prefix_cache";
  assertEquals(
    facts(from("llada-fastdllm", confidence, [FAST, cached]), "rule"),
    ["fast-dllm-llada", "quota"],
  );
  const entropy = { ...LLADA, score: "entropy" };
  assertEquals(
    facts(
      from("llada-dparallel", entropy, [DPARALLEL, cached]),
      "entropyThreshold",
    ),
    ["dparallel-llada", null],
  );
  assertEquals(
    facts(from("llada-dparallel", confidence, [DPARALLEL, "generate"])),
    ["llada-vanilla"],
  );
});

Deno.test("the repository tells LLaDA's sampler from dParallel's copy, which leaves a full block", () => {
  const setting = { ...LLADA, score: "confidence" };
  for (
    const [repo, stop] of [["ML-GSAI/LLaDA", false], [DPARALLEL, true]] as const
  ) {
    const decoder = from("llada-vanilla", setting, [repo, "generate"]);
    assertEquals(facts(decoder, "stopWhenFull"), ["llada-vanilla", stop]);
  }
});

Deno.test("dParallel's Dream settings become the strict entropy rule", () => {
  const setting = {
    ...DREAM,
    alg: "entropy_threshold",
    threshold: 0.45,
    block_length: 32,
    top_p: 0.9,
  };
  assertEquals(
    facts(from("dream-dparallel", setting), "entropyThreshold", "blockSize"),
    ["dparallel-dream", 0.45, 32],
  );
});

Deno.test("an unknown key, a missing key and an unexpected value are named", () => {
  const alg = "entropy";
  assertThrows(
    () => from("dream-vanilla", { ...DREAM, alg, beta: 1 }),
    TypeError,
    'dream-vanilla: unknown setting key "beta"',
  );
  assertThrows(
    () => from("dream-vanilla", DREAM),
    TypeError,
    "dream-vanilla: the setting lacks alg",
  );
  assertThrows(
    () => from("dream-dparallel", { ...DREAM, alg }),
    TypeError,
    'setting key "alg" is "entropy"; one of ["entropy_threshold"] is wanted',
  );
  assertThrows(
    () => from("dream-vanilla", { ...DREAM, alg: "fastest" }),
    RangeError,
    'option "algorithm" is "fastest"',
  );
});
