/**
 * Which modules of a model an adapter adapts, and whether its tensors are exactly those that it should hold.
 *
 * @module
 */
import type { ModelConfig } from "./config.ts";
import { AdapterError, nameSome } from "./errors.ts";
import type { LoraConfig } from "./lora_config.ts";
import type { TensorEntry } from "./safetensors.ts";
import { expectedTensors, layerModules, outerModules } from "./tensor_names.ts";

const PREFIX = "base_model.model.";

/** Names of the two tensors that adapt one module. */
export interface LoraPair {
  /** `[rank, inputs]`. */
  readonly a: string;
  /** `[outputs, rank]`. */
  readonly b: string;
}

/**
 * Matches an adapter with a model.
 *
 * @param allowUnmatched Target names that may match no module. PEFT passes over such names in silence, so that an adapter
 * trained with another family's names adapts less than it says.
 * @returns The pair of each adapted module.
 * @throws {AdapterError} When a target name matches nothing, a module lacks its pair, or a tensor has no place or a wrong shape.
 */
export function matchAdapter(
  config: ModelConfig,
  adapter: {
    readonly lora: LoraConfig;
    readonly tensors: ReadonlyMap<string, TensorEntry>;
  },
  options: { readonly allowUnmatched?: readonly string[] } = {},
): Map<string, LoraPair> {
  const { lora, tensors } = adapter;
  const pairs = targetedModules(config, lora, options);
  const wanted = new Set([...pairs.values()].flatMap(({ a, b }) => [a, b]));
  const missing = [...wanted].filter((name) => !tensors.has(name));
  const stray = [...tensors.keys()].filter((name) => !wanted.has(name));
  if (missing.length > 0 || stray.length > 0) {
    throw new AdapterError(
      (stray.length > 0
        ? `the adapter holds tensors that fit nothing: ${nameSome(stray)}. `
        : "") +
        (missing.length > 0
          ? `it lacks tensors of modules it targets: ${nameSome(missing)}. `
          : "") +
        `Modules of this model: ${nameSome(linearModules(config))}`,
      [...stray, ...missing],
    );
  }
  checkShapes(config, pairs, adapter);
  return pairs;
}

/**
 * The modules that target names stand for, with the names of the two tensors that adapt each.
 *
 * @throws {AdapterError} When a target name matches nothing and is not under `allowUnmatched`.
 */
export function targetedModules(
  config: ModelConfig,
  lora: Pick<LoraConfig, "targets">,
  options: { readonly allowUnmatched?: readonly string[] } = {},
): Map<string, LoraPair> {
  const modules = linearModules(config);
  checkTargets(modules, lora, options.allowUnmatched ?? []);
  return new Map(
    modules.filter((module) => isTarget(module, lora)).map((module) => [
      module,
      {
        a: `${PREFIX}${module}.lora_A.weight`,
        b: `${PREFIX}${module}.lora_B.weight`,
      },
    ]),
  );
}

/** Modules that are linear layers: those of every layer, and the output head where it is a matrix of its own. */
function linearModules(config: ModelConfig): string[] {
  const layers = Array.from({ length: config.layers }, (_, layer) => {
    const { attentionNorm: _a, mlpNorm: _m, ...linears } = layerModules(
      config,
      layer,
    );
    return Object.values(linears) as string[];
  });
  return [
    ...layers.flat(),
    ...(config.tied ? [] : [outerModules(config).head]),
  ];
}

function isTarget(
  module: string,
  { targets }: Pick<LoraConfig, "targets">,
): boolean {
  if (targets instanceof RegExp) return targets.test(module);
  return targets.some((name) => module === name || module.endsWith(`.${name}`));
}

function checkTargets(
  modules: readonly string[],
  lora: Pick<LoraConfig, "targets">,
  allowed: readonly string[],
): void {
  const names = lora.targets instanceof RegExp ? [] : lora.targets;
  const unmatched = names.filter((name) =>
    !allowed.includes(name) &&
    !modules.some((m) => isTarget(m, { targets: [name] }))
  );
  if (unmatched.length === 0) return;
  const real = [
    ...new Set(
      modules.map((module) => module.slice(module.lastIndexOf(".") + 1)),
    ),
  ];
  throw new AdapterError(
    `the adapter targets ${
      unmatched.join(", ")
    }, which match no module of this model (it has ${real.join(", ")}), ` +
      "so they adapted nothing in training. Name them under allowUnmatched to merge the others",
    unmatched,
  );
}

function checkShapes(
  config: ModelConfig,
  pairs: ReadonlyMap<string, LoraPair>,
  { lora, tensors }: {
    readonly lora: LoraConfig;
    readonly tensors: ReadonlyMap<string, TensorEntry>;
  },
): void {
  const shapes = expectedTensors(config);
  for (const [module, { a, b }] of pairs) {
    const [outputs, inputs] = shapes.get(`${module}.weight`)!;
    for (
      const [name, wanted] of [[a, [lora.rank, inputs]], [b, [
        outputs,
        lora.rank,
      ]]] as const
    ) {
      const { shape } = tensors.get(name)!;
      if (String(shape) !== String(wanted)) {
        throw new AdapterError(
          `tensor "${name}" has shape [${shape}]; rank ${lora.rank} calls for [${wanted}]`,
          [name],
        );
      }
    }
  }
}
