/**
 * Trained adapters as the files of a PEFT LoRA adapter.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { NonFiniteError } from "../model/errors.ts";
import { widen } from "../model/float_types.ts";
import type { LoraFactors } from "../model/lora.ts";
import { targetedModules } from "../model/lora_match.ts";
import { encodeSafetensors } from "../model/safetensors_write.ts";
import { layerModules } from "../model/tensor_names.ts";
import { type LoraOptions, planAdapters } from "./adapters.ts";
import { TrainerError } from "./errors.ts";
import { bf16Bytes } from "./stored_weights.ts";

/** Tensors of an adapter by PEFT name, row-major f32. */
export type AdapterTensors = ReadonlyMap<string, Float32Array>;

/**
 * A pattern of the full names of all projections of a layer, attention's and the SwiGLU's, as PEFT takes it for `target_modules`.
 * Names alone would not do: LLaDA's down projection shares its last name with the output head.
 */
export function projectionPattern(config: ModelConfig): string {
  const { attentionNorm: _a, mlpNorm: _m, ...projections } = layerModules(
    config,
    0,
  );
  const names: string[] = Object.values(projections);
  const layer = names[0]!.indexOf(".0.");
  const literal = (text: string) => text.replaceAll(".", "\\.");
  const ends = names.map((name) => literal(name.slice(layer + 3)));
  return `${literal(names[0]!.slice(0, layer))}\\.\\d+\\.(${ends.join("|")})`;
}

/** Targets of a recipe as a trainer takes them: a text is a pattern of full names. */
export function adapterTargets(
  targets: readonly string[] | string,
): readonly string[] | RegExp {
  return typeof targets === "string" ? new RegExp(`^(?:${targets})$`) : targets;
}

/** What an adapter is, apart from its tensors. */
export interface AdapterSettings {
  /** Rows of A and columns of B. */
  readonly rank: number;
  /** Numerator of the scale alpha / rank. */
  readonly alpha: number;
  /** Module names, or a pattern of full names. */
  readonly targets: readonly string[] | string;
  /** Target names that may match no module. */
  readonly allowUnmatched?: readonly string[];
}

/** Options of a trainer for an adapter. */
export function loraOptions(
  { targets, ...settings }: AdapterSettings,
): Omit<LoraOptions, "seed" | "initial"> {
  return { ...settings, targets: adapterTargets(targets) };
}

/**
 * The files of an adapter, in bfloat16. A pure function: the same tensors give the same bytes.
 *
 * @param tensors Exactly those of the adapter's modules.
 * @param options `base`: name of the model that is adapted.
 * @throws {TrainerError} When tensors are missing, unknown or of another size.
 * @throws {NonFiniteError} When a number is not finite.
 */
export function adapterFiles(
  tensors: AdapterTensors,
  { config, settings, base }: {
    readonly config: ModelConfig;
    readonly settings: AdapterSettings;
    readonly base: string;
  },
): Map<string, string | Uint8Array> {
  const wanted = checkTensors(tensors, config, settings);
  const { rank, alpha, targets } = settings;
  const described = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    target_modules: targets,
  };
  const stored = wanted.map(({ name, shape }) => {
    const bytes = bf16Bytes(tensors.get(name)!);
    return [name, { dtype: "BF16", shape, bytes }] as const;
  });
  return new Map<string, string | Uint8Array>([
    ["adapter_config.json", `${JSON.stringify(described, null, 2)}\n`],
    ["adapter_model.safetensors", encodeSafetensors(new Map(stored))],
  ]);
}

/**
 * The factors of each adapted module, rounded to bfloat16 as {@linkcode adapterFiles} keeps them. Throws as that does.
 *
 * @returns By module, for `mergeFactors`.
 */
export function adapterFactors(
  tensors: AdapterTensors,
  { config, settings }: {
    readonly config: ModelConfig;
    readonly settings: AdapterSettings;
  },
): Map<string, LoraFactors> {
  checkTensors(tensors, config, settings);
  const { rank, alpha } = settings;
  const rounded = (name: string) =>
    widen(bf16Bytes(tensors.get(name)!), "BF16");
  const options = loraOptions(settings);
  return new Map(
    [...targetedModules(config, options, options)].map(([module, pair]) => [
      module,
      { a: rounded(pair.a), b: rounded(pair.b), rank, scale: alpha / rank },
    ]),
  );
}

function checkTensors(
  tensors: AdapterTensors,
  config: ModelConfig,
  settings: AdapterSettings,
) {
  const wanted = planAdapters(config, loraOptions(settings)).groups.flat();
  const wrong = wanted.filter(({ name, shape }) =>
    tensors.get(name)?.length !== shape[0]! * shape[1]!
  ).map(({ name }) => name);
  const known = new Set(wanted.map(({ name }) => name));
  wrong.push(...[...tensors.keys()].filter((name) => !known.has(name)));
  if (wrong.length > 0) {
    throw new TrainerError(
      `these are not the tensors of the adapter: ${
        wrong.slice(0, 3).join(", ")
      }${
        wrong.length > 3 ? `, and ${wrong.length - 3} more` : ""
      } missing, of another size or unknown`,
    );
  }
  for (const [name, values] of tensors) {
    if (values.every(Number.isFinite)) continue;
    throw new NonFiniteError(
      `tensor "${name}" holds a number that is not finite and cannot be kept; go back to an earlier checkpoint`,
    );
  }
  return wanted;
}
