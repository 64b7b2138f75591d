/**
 * The networks of a trainer on a device: the student with what is trained of it, and the teacher.
 *
 * @module
 */
import type { Device } from "../engine/mod.ts";
import { readTensor } from "../model/tensor_source.ts";
import {
  AdaptedWeights,
  initialAdapters,
  type LoraOptions,
  planAdapters,
} from "./adapters.ts";
import { Arena, layoutArena } from "./arena.ts";
import { assembleNetwork } from "./assemble.ts";
import { FrozenWeights } from "./frozen_weights.ts";
import { type Network, withoutAdapters } from "./network.ts";
import { Packing } from "./packing.ts";
import { allGroups, modelGroups } from "./parameter_groups.ts";
import { TrainedWeights } from "./trained_weights.ts";
import type { SettledOptions } from "./trainer_options.ts";

/** What lives on the device. */
export interface TrainerNetworks {
  readonly student: Network;
  readonly teacher: Network | null;
  readonly arena: Arena;
  readonly packing: Packing;
  /** Frees everything. Idempotent. */
  destroy(): void;
}

/** Creates the networks; packed copies of what is trained are still zero. */
export async function createNetworks(
  device: Device,
  options: SettledOptions,
): Promise<TrainerNetworks> {
  const owned: { destroy(): void }[] = [];
  const destroy = () => owned.forEach((part) => part.destroy());
  const own = <T extends { destroy(): void }>(part: T): T => {
    owned.push(part);
    return part;
  };
  try {
    const packing = own(new Packing(device, options.precision));
    const { student, arena } = options.trainable === "all"
      ? await trainAll(device, options, { packing, own })
      : await trainAdapters(device, options, {
        packing,
        own,
        lora: options.trainable,
      });
    const teacher = await createTeacher(device, options, { student, own });
    return { student, teacher, arena, packing, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

interface Owner {
  readonly packing: Packing;
  readonly own: <T extends { destroy(): void }>(part: T) => T;
}

/** Every tensor in the arena. */
async function trainAll(
  device: Device,
  { source, decay, average, padding }: SettledOptions,
  { packing, own }: Owner,
): Promise<Pick<TrainerNetworks, "student" | "arena">> {
  const layout = layoutArena(
    allGroups(modelGroups(source.config)),
    decay.applies,
  );
  const arena = own(new Arena(device, layout, { average: average !== null }));
  for (const name of layout.slots.keys()) {
    arena.write(name, readTensor(source, name));
  }
  const student = await assembleNetwork(
    source.config,
    new TrainedWeights(arena, packing),
    { padding },
  );
  return { student, arena };
}

/** Adapters in the arena, everything else frozen. */
async function trainAdapters(
  device: Device,
  { source, precision, decay, average, padding }: SettledOptions,
  { packing, own, lora }: Owner & { readonly lora: LoraOptions },
): Promise<Pick<TrainerNetworks, "student" | "arena">> {
  const plan = planAdapters(source.config, lora);
  const layout = layoutArena(plan.groups, decay.applies);
  const arena = own(new Arena(device, layout, { average: average !== null }));
  for (const [name, values] of initialAdapters(plan, lora)) {
    arena.write(name, values);
  }
  const base = own(
    new FrozenWeights(device, source, { precision, differentiable: true }),
  );
  const student = await assembleNetwork(
    source.config,
    new AdaptedWeights(base, new TrainedWeights(arena, packing), plan),
    { padding },
  );
  return { student, arena };
}

async function createTeacher(
  device: Device,
  { source, trainable, teacher, precision }: SettledOptions,
  { student, own }: { readonly student: Network; readonly own: Owner["own"] },
): Promise<Network | null> {
  if (teacher === null) return null;
  if (teacher === "start" && trainable !== "all") {
    return withoutAdapters(student);
  }
  const weights = teacher === "start" ? source : teacher;
  const frozen = own(
    new FrozenWeights(device, weights, { precision, differentiable: false }),
  );
  return await assembleNetwork(weights.config, frozen, { padding: null });
}
