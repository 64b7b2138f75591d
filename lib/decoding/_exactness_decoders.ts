/** One of every decoder, with random options that suit a family of models. Used by tests only. */
import fc from "fast-check";
import type { ModelFamily } from "../model/types.ts";
import { autoregressive } from "./autoregressive.ts";
import { lopaCanvas } from "./lopa_canvas.ts";
import { createDecoder } from "./registry.ts";
import type { Decoder } from "./types.ts";

/** Options that all decoders can be made from. */
export interface DecoderChoice {
  readonly blocks: number;
  readonly blockSize: number;
  readonly temperature: number;
  readonly threshold: number;
  readonly entropy: number;
  readonly cache: "none" | "prefix" | "dual";
  readonly lookaheads: number;
  readonly seed: number;
}

/** Any choice. */
export const decoderChoices: fc.Arbitrary<DecoderChoice> = fc.record({
  blocks: fc.integer({ min: 1, max: 3 }),
  blockSize: fc.integer({ min: 2, max: 6 }),
  temperature: fc.constantFrom(0, 0.7, 1.5),
  threshold: fc.constantFrom(0.1, 0.3, 0.6, 0.9),
  entropy: fc.constantFrom(0.3, 1, 2),
  cache: fc.constantFrom("none", "prefix", "dual"),
  lookaheads: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(1e6),
});

/** Every decoder that is meant for the family. */
export function decodersOf(
  family: ModelFamily,
  choice: DecoderChoice,
): Decoder[] {
  const { blocks, blockSize, temperature, threshold, entropy, cache } = choice;
  const { lookaheads, seed } = choice;
  const common = { maxNewTokens: blocks * blockSize, temperature, seed };
  const blockwise = { ...common, blockSize, cache };
  if (family === "qwen2") {
    return [{}, { topP: 0.9 }, { topK: 5 }].map((filter) =>
      autoregressive({ ...common, ...filter })
    );
  }
  const parallel = { ...common, blockSize, confidenceThreshold: threshold };
  const named: Record<string, object>[] = family === "dream"
    ? [
      { "dream-vanilla": { ...common, algorithm: "maskgit_plus" } },
      { "dream-vanilla": { ...common, algorithm: "origin" } },
      {
        "fast-dllm-dream": {
          ...blockwise,
          threshold,
          cache: cache === "none" ? "prefix" : cache,
        },
      },
      { "fast-dllm-dream-canvas": { ...common, threshold } },
      { "dparallel-dream": { ...blockwise, entropyThreshold: entropy } },
    ]
    : [
      { "llada-vanilla": { ...common, blockSize } },
      { "llada-vanilla": { ...common, blockSize, remasking: "random" } },
      { "fast-dllm-llada": { ...blockwise, threshold } },
      { "dparallel-llada": { ...blockwise, entropyThreshold: entropy } },
    ];
  const everywhere = [
    { d2f: { ...parallel, rule: family } },
    { lopa: { ...parallel, lookaheads } },
    { lopa: { ...parallel, lookaheads, visibility: "block-causal" } },
  ];
  return [
    ...[...named, ...everywhere].flatMap((spec) =>
      Object.entries(spec).map(([name, options]) =>
        createDecoder({ name, options: { ...options } })
      )
    ),
    lopaCanvas({ ...parallel, lookaheads }),
  ];
}
