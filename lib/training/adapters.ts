/**
 * Low-rank adapters in training: which modules they adapt, how they start, and the network they make of a frozen one.
 *
 * @module
 */
import { counterUniforms } from "../decoding/random.ts";
import type { ModelConfig } from "../model/config.ts";
import { type LoraPair, targetedModules } from "../model/lora_match.ts";
import { expectedTensors } from "../model/tensor_names.ts";
import type { LinearGroups, WeightBinder } from "./assemble.ts";
import { TrainerError } from "./errors.ts";
import type {
  AdapterWeights,
  EmbeddingWeights,
  LinearWeights,
  NormWeights,
} from "./network.ts";
import { elements, type ParameterGroup } from "./parameter_groups.ts";
import type { TrainedWeights } from "./trained_weights.ts";

/** LoRA (arXiv 2106.09685): y = W x + alpha / rank B (A x), with W frozen. */
export interface LoraOptions {
  /** Rows of A and columns of B. */
  readonly rank: number;
  /** Numerator of the scale. */
  readonly alpha: number;
  /** Names of the adapted modules as PEFT matches them (`q_proj`, `attn_out`, ...), or a pattern of their full names. */
  readonly targets: readonly string[] | RegExp;
  /** Target names that may match no module. Default: none may. */
  readonly allowUnmatched?: readonly string[];
  /** Seed of A; B starts at zero. Default 1. */
  readonly seed?: number;
  /** Tensors to start from instead, by PEFT name: all of them. */
  readonly initial?: ReadonlyMap<string, Float32Array>;
}

/** The adapters of a model. */
export interface AdapterPlan {
  readonly rank: number;
  readonly scale: number;
  /** Names of the two tensors, by module. */
  readonly pairs: ReadonlyMap<string, LoraPair>;
  /** A and B of each module, as parameters. */
  readonly groups: readonly ParameterGroup[];
}

/**
 * Settles what is adapted.
 *
 * @throws {AdapterError} When a target name matches nothing and is not allowed to.
 * @throws {TrainerError} When rank or alpha are no positive numbers.
 */
export function planAdapters(
  config: ModelConfig,
  options: LoraOptions,
): AdapterPlan {
  const { rank, alpha } = options;
  if (!Number.isInteger(rank) || rank < 1 || !(alpha > 0 && alpha < Infinity)) {
    throw new TrainerError(
      `LoRA of rank ${rank} and alpha ${alpha}: a whole rank of 1 or more and a positive alpha are wanted`,
    );
  }
  const pairs = targetedModules(config, options, options);
  const shapes = expectedTensors(config);
  const groups = [...pairs].flatMap(([module, { a, b }]): ParameterGroup[] => {
    const [outputs, inputs] = shapes.get(`${module}.weight`)!;
    return [
      [{ name: a, shape: [rank, inputs!] }],
      [{ name: b, shape: [outputs!, rank] }],
    ];
  });
  return { rank, scale: alpha / rank, pairs, groups };
}

/**
 * The tensors that adapters start from: A uniform within 1 / sqrt(inputs) as PEFT draws it, B zero.
 *
 * @throws {TrainerError} When tensors are given and are not exactly those of the plan.
 */
export function initialAdapters(
  plan: AdapterPlan,
  { seed = 1, initial }: LoraOptions,
): ReadonlyMap<string, Float32Array> {
  const tensors = plan.groups.flat();
  if (initial !== undefined) {
    const missing = tensors.filter(({ name }) => !initial.has(name));
    if (missing.length > 0 || initial.size !== tensors.length) {
      throw new TrainerError(
        `${initial.size} initial adapter tensors are given, of which ${missing.length} of the ${tensors.length} wanted are ` +
          `missing: give all of ${tensors.map(({ name }) => name).join(", ")}`,
      );
    }
    return initial;
  }
  const uniforms = counterUniforms(seed);
  return new Map(tensors.map(({ name, shape }, tensor) => {
    const values = new Float32Array(elements(shape));
    if (name.includes(".lora_B.")) return [name, values];
    const bound = 1 / Math.sqrt(shape[1]!);
    for (let i = 0; i < values.length; i++) {
      const place = { round: 0, branch: tensor, position: i };
      const uniform = uniforms({ ...place, purpose: "training/adapter" });
      values[i] = bound * (2 * uniform - 1);
    }
    return [name, values];
  }));
}

/** A frozen network whose linear layers carry adapters. */
export class AdaptedWeights implements WeightBinder {
  readonly #base: WeightBinder;
  readonly #trained: TrainedWeights;
  readonly #plan: AdapterPlan;

  /** `base` binds the frozen tensors, `trained` those of the adapters. */
  constructor(base: WeightBinder, trained: TrainedWeights, plan: AdapterPlan) {
    this.#base = base;
    this.#trained = trained;
    this.#plan = plan;
  }

  /** The frozen table. */
  embedding(
    group: ParameterGroup,
  ): Promise<Omit<EmbeddingWeights, "padding">> {
    return this.#base.embedding(group);
  }

  /** The frozen layer with adapters on those of its modules that are targets. */
  async linear(groups: LinearGroups): Promise<LinearWeights> {
    const base = await this.#base.linear(groups);
    return { ...base, adapters: this.#adapters(groups.matrices) };
  }

  /** The frozen gain. */
  norm(group: ParameterGroup): Promise<NormWeights> {
    return this.#base.norm(group);
  }

  #adapters(matrices: ParameterGroup): AdapterWeights[] {
    const { rank, scale, pairs } = this.#plan;
    const adapters: AdapterWeights[] = [];
    let begin = 0;
    for (const { name, shape } of matrices) {
      const [outputs, inputs] = shape as [number, number];
      const module = name.replace(/\.weight$/, "");
      const pair = pairs.get(module);
      if (pair !== undefined) {
        const bind = (tensor: string, shape: readonly number[], scale = 1) =>
          this.#trained.scaledLinear({
            matrices: [{ name: tensor, shape }],
            bias: [],
          }, scale);
        adapters.push({
          module,
          begin,
          a: bind(pair.a, [rank, inputs]),
          b: bind(pair.b, [outputs, rank], scale),
        });
      }
      begin += outputs;
    }
    return adapters;
  }
}
