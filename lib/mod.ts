/**
 * Reproducible experiments on parallel decoding of diffusion language models: load a model, decode with any of the field's
 * algorithms, read what happened from the trace, compare with the papers.
 *
 * @example Decode a prompt step by step
 * ```ts
 * import { decode, lopa, toyModel, toyPrompt } from "dllm-lab";
 *
 * const toy = { seed: 1, promptLength: 9 };
 * const decoder = lopa({ lookaheads: 3, blockSize: 8, maxNewTokens: 48 });
 * for await (const step of decode(toyModel(toy), decoder, toyPrompt(toy))) {
 *   console.log(step.index, step.fills.length, step.branches.length);
 * }
 * ```
 *
 * @module
 */
export * from "./engine/mod.ts";
export * from "./model/mod.ts";
export * from "./decoding/mod.ts";
export * from "./parallel/mod.ts";
export * from "./training/mod.ts";
export * from "./tasks/mod.ts";
export * from "./metrics/mod.ts";
export * from "./figures/mod.ts";
export * from "./lab/mod.ts";
