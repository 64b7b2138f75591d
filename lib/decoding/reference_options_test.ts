import { assertEquals, assertThrows } from "@std/assert";
import {
  BLOCK_FAMILIES,
  lookaheadsOf,
  strategyOf,
} from "./reference_options.ts";

const BLOCK = {
  block_size: 16,
  max_new_tokens: 64,
  max_length: 256,
  block_add_threshold: 0.1,
  decoded_token_threshold: 0.95,
  skip_threshold: 0.9,
  sampling_strategy: "neg_entropy",
  temperature: 0,
  mask_token_id: 94,
};
const BRANCHES = {
  branching_factor: 3,
  branch_verification_mode: true,
  base_branch_competition: true,
  verification_force_base_winner: false,
  branch_topp: 0.5,
  selection_conf_alpha: 1.7,
};
const DREAM = {
  ...BLOCK,
  ...BRANCHES,
  use_uncertainty_logic: true,
  use_full_attention: true,
  top_p: null,
  top_k: 5,
  eos_token_id: 90,
};

const make = (family: string, setting: Record<string, unknown>) =>
  BLOCK_FAMILIES[family]!(setting);

Deno.test("lookaheadsOf: k in the Dream and DiffuCoder code, 1 means none, one less in NV", () => {
  assertEquals([1, 2, 14].map((k) => lookaheadsOf(k, { variant: "dream" })), [
    0,
    2,
    14,
  ]);
  assertEquals(
    [1, 2, 14].map((k) => lookaheadsOf(k, { variant: "diffucoder" })),
    [0, 2, 14],
  );
  assertEquals([1, 2, 8].map((k) => lookaheadsOf(k, { variant: "nv" })), [
    0,
    1,
    7,
  ]);
  for (const wrong of [0, 2.5, NaN]) {
    assertThrows(
      () => lookaheadsOf(wrong, { variant: "nv" }),
      RangeError,
      "branching_factor",
    );
  }
});

Deno.test("strategyOf: the references' three names and no other", () => {
  assertEquals(["default", "margin", "neg_entropy"].map(strategyOf), [
    "probability",
    "margin",
    "negEntropy",
  ]);
  assertThrows(() => strategyOf("toString"), RangeError, "toString");
});

Deno.test("BLOCK_FAMILIES: Dream-scale settings become LoPA options", () => {
  const { name, options } = make("dream-lopa", DREAM);
  assertEquals(name, "lopa");
  assertEquals(options, {
    ...{
      blockSize: 16,
      maxNewTokens: 64,
      addThreshold: 0.1,
      activateThreshold: 0.95,
      confidenceThreshold: 0.9,
    },
    ...{
      strategy: "negEntropy",
      temperature: 0,
      topP: null,
      topK: 5,
      maskId: 94,
      stopId: 90,
      seed: 0,
      confidenceDtype: "f32",
    },
    ...{
      lookaheads: 3,
      branchVerification: true,
      branchCompetition: true,
      forceAnchor: false,
      branchTopP: 0.5,
      creationWeight: 1,
    },
    ...{
      variant: "dream",
      forcingSample: true,
      visibility: "full",
      barMask: false,
      stepCap: null,
    },
  });
});

Deno.test("BLOCK_FAMILIES: without uncertainty logic Dream-scale decodes on a single branch", () => {
  const { name, options } = make("dream-d2f-single", {
    ...DREAM,
    use_uncertainty_logic: false,
    use_full_attention: false,
  });
  assertEquals([
    name,
    options.rule,
    options.visibility,
    "lookaheads" in options,
  ], ["d2f", "dream", "block-causal", false]);
});

Deno.test("BLOCK_FAMILIES: LLaDA and DiffuCoder settings", () => {
  const llada = make("llada-d2f-single", {
    ...BLOCK,
    attention: "block-causal",
    eos_token_id: 91,
  });
  assertEquals([llada.name, llada.options.rule, llada.options.stopId], [
    "d2f",
    "llada",
    91,
  ]);
  const block = { ...BLOCK, sampling_strategy: "default", pad_token_id: 90 };
  const single = make("diffucoder", {
    ...block,
    attention: "block-causal",
  });
  assertEquals([single.name, single.options.rule, single.options.stopId], [
    "d2f",
    "diffucoder",
    90,
  ]);
  const parallel = {
    ...block,
    ...BRANCHES,
    attention: null,
    use_full_attention: true,
    forcing_sample: false,
  };
  const { name, options } = make("diffucoder", parallel);
  assertEquals([
    name,
    options.variant,
    options.forcingSample,
    options.lookaheads,
  ], ["lopa", "diffucoder", false, 3]);
});

Deno.test("BLOCK_FAMILIES: unknown keys, missing keys and wrong values are errors", () => {
  assertThrows(
    () => make("dream-lopa", { ...DREAM, max_branches_kept: 3 }),
    TypeError,
    "max_branches_kept",
  );
  const { skip_threshold: _, ...incomplete } = DREAM;
  assertThrows(
    () => make("dream-lopa", incomplete),
    TypeError,
    "skip_threshold",
  );
  assertThrows(
    () => make("dream-lopa", { ...DREAM, use_full_attention: "yes" }),
    TypeError,
    "use_full_attention",
  );
  assertThrows(
    () => make("dream-lopa", { ...DREAM, block_size: "16" }),
    TypeError,
    "blockSize",
  );
  assertThrows(
    () =>
      make("dream-lopa", {
        ...DREAM,
        sampling_strategy: "entropy",
      }),
    TypeError,
    "sampling_strategy",
  );
});

Deno.test("BLOCK_FAMILIES: the four recorded families", () => {
  assertEquals(Object.keys(BLOCK_FAMILIES), [
    "dream-d2f-single",
    "dream-lopa",
    "llada-d2f-single",
    "diffucoder",
  ]);
});
