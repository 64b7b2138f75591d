/**
 * The adapter of a training oracle: what it starts from, and the logits of the network that it makes.
 *
 * @module
 */
import { type LoraFactors, mergeFactors } from "../../model/lora.ts";
import { parseLoraConfig } from "../../model/lora_config.ts";
import { targetedModules } from "../../model/lora_match.ts";
import { NativeModel } from "../../model/native_model.ts";
import { ReferenceModel } from "../../model/reference_model.ts";
import type { TensorSource } from "../../model/tensor_source.ts";
import type { LoraOptions } from "../../training/adapters.ts";
import type { GoldenDirectory } from "./directory.ts";
import { LOGIT_TOLERANCE, windowRequest } from "./forward.ts";
import type { ModelPool } from "./models.ts";
import type { Comparison } from "./outcome.ts";
import type { RecordedLora, TrainingCase } from "./training_case.ts";
import { readAll } from "./training_tensors.ts";

/** Where a case lies and what it is computed on. */
export interface CaseContext {
  readonly directory: GoldenDirectory;
  readonly models: ModelPool;
  readonly folder: string;
  readonly each: TrainingCase;
  readonly source: TensorSource;
}

/** Options of a recorded adapter, which must agree with its own configuration and with what the reference matched. */
export async function recordedAdapter(
  check: Comparison,
  lora: RecordedLora,
  { directory, folder, source }: CaseContext,
): Promise<LoraOptions> {
  const { r: rank, alpha, requested_target_modules: targets } = lora;
  const config = parseLoraConfig(
    await directory.json<unknown>(`${folder}/adapter_init/adapter_config.json`),
  );
  check.equal("adapter_config.json", {
    got: [config.rank, config.scale, config.targets],
    want: [rank, lora.scaling, targets],
  });
  check.equal("lora.scaling", { got: alpha / rank, want: lora.scaling });
  const modules = targetedModules(source.config, { targets }, {
    allowUnmatched: targets,
  });
  const matched = [...modules.keys()].map((module) =>
    module.slice(module.lastIndexOf(".") + 1)
  );
  check.equal("lora.matched", {
    got: [...new Set(matched)].sort(),
    want: lora.matched,
  });
  const path = `${folder}/adapter_init/adapter_model.safetensors`;
  return {
    rank,
    alpha,
    targets,
    allowUnmatched: targets,
    initial: readAll(directory.resolve(path)),
  };
}

/** Compares the logits of an input with those recorded for the adapter as it is, where they are. */
export async function compareAdapterLogits(
  check: Comparison,
  moment: string,
  { tensors, context }: {
    /** A and B by PEFT name. */
    readonly tensors: ReadonlyMap<string, Float32Array>;
    readonly context: CaseContext;
  },
): Promise<void> {
  const { directory, folder, each, models } = context;
  const files = (await directory.files(folder)).filter((file) =>
    file.startsWith("logits_") && file.endsWith(`_${moment}.npy`)
  );
  if (files.length === 0) return;
  const merged = mergeFactors(
    context.source,
    adapterFactors(context, tensors),
    `${each.checkpoint} ${moment}`,
  );
  const model = models.device === null
    ? new ReferenceModel(merged)
    : await NativeModel.create(merged, { device: models.device });
  try {
    const { inputs } = await directory.json<
      { readonly inputs: Readonly<Record<string, readonly number[][]>> }
    >(`logits/${each.checkpoint}/inputs.json`);
    for (const file of files) {
      const name = file.slice("logits_".length, -`_${moment}.npy`.length);
      const [tokens] = inputs[name] ?? [];
      if (tokens === undefined) {
        throw new TypeError(
          `${file} is of input ${name}, which is not recorded`,
        );
      }
      const session = model.open({ maxPositions: tokens.length + 1 });
      const request = windowRequest(model.spec, { start: 0, tokens });
      const { branches } = await session.forward(request);
      session.close();
      check.nearAll(file, {
        got: branches[0]!.logits!,
        want: (await directory.npy(`${folder}/${file}`)).data,
        tolerance: LOGIT_TOLERANCE,
      });
    }
  } finally {
    model.close();
  }
}

/** The factors of every adapted module. */
export function adapterFactors(
  { each, source }: Pick<CaseContext, "each" | "source">,
  tensors: ReadonlyMap<string, Float32Array>,
): Map<string, LoraFactors> {
  const lora = each.lora!;
  const targets = lora.requested_target_modules;
  const modules = targetedModules(source.config, { targets }, {
    allowUnmatched: targets,
  });
  return new Map(
    [...modules].map(([module, { a, b }]) => [module, {
      a: tensors.get(a)!,
      b: tensors.get(b)!,
      rank: lora.r,
      scale: lora.scaling,
    }]),
  );
}
