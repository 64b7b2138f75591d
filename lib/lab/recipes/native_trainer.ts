/**
 * Trainers of recipes on the native engine.
 *
 * @module
 */
import type { Device } from "../../engine/mod.ts";
import { outerModules } from "../../model/tensor_names.ts";
import { createTrainer } from "../../training/trainer.ts";
import type { Trainer } from "../../training/types.ts";
import type { TrainerParts } from "./request.ts";

/** A trainer with the recipe's optimiser: all weights, bfloat16 matrices, f32 masters. */
export async function nativeTrainer(
  device: Device,
  { source, teacher, recipe }: TrainerParts,
): Promise<Trainer> {
  const embedding = `${outerModules(source.config).embedding}.weight`;
  return await createTrainer(device, {
    source,
    precision: "bf16",
    padding: null,
    decay: {
      rate: recipe.optimiser.decay,
      applies: (name, shape) => shape.length === 2 && name !== embedding,
    },
    ...(recipe.average === null ? {} : { average: recipe.average }),
    ...(teacher === null ? {} : { teacher }),
  });
}
