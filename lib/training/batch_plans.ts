/**
 * The recorded passes of one trainer: memory for the largest micro-batch so far, and a plan for each kind of pass over it.
 *
 * @module
 */
import {
  CommandEncoder,
  type Device,
  type DeviceBuffer,
  DTYPE_CODES,
  LOSS_RESULT_BYTES,
} from "../engine/mod.ts";
import { ropeTable } from "../model/rope.ts";
import {
  type BatchCapacity,
  type BatchPlaces,
  batchPlaces,
  BatchWords,
  grownCapacity,
  NO_CAPACITY,
} from "./batch_words.ts";
import { readLosses } from "./batch_results.ts";
import { usesTeacher } from "./batch_rules.ts";
import type { Network } from "./network.ts";
import type { Precision } from "./packing.ts";
import { type OpTimes, ProfiledPlan } from "./profiled_plan.ts";
import { recordNetwork } from "./record_network.ts";
import { Tape, type Value } from "./tape.ts";
import { tokenLoss } from "./tape_loss.ts";
import type { BatchLoss, TrainingBatch } from "./types.ts";
import { Workspace } from "./workspace.ts";

/** What passes compute with. */
export interface PassParts {
  readonly device: Device;
  readonly precision: Precision;
  readonly student: Network;
  readonly teacher: Network | null;
}

/** Kinds of passes that are recorded apart. */
interface PassKind {
  readonly backward: boolean;
  readonly teacher: boolean;
  readonly divergence: "forward" | "reverse";
  readonly temperature: number;
}

/** Memory and words of one capacity. */
interface PassMemory {
  readonly places: BatchPlaces;
  readonly words: BatchWords;
  readonly params: DeviceBuffer;
  readonly results: DeviceBuffer;
  readonly ropes: readonly DeviceBuffer[];
  readonly student: Workspace;
  readonly teacher: Workspace;
}

/** Passes of one trainer over micro-batches of any size. */
export class BatchPlans {
  readonly #parts: PassParts;
  readonly #plans = new Map<string, ProfiledPlan>();
  #capacity = NO_CAPACITY;
  #memory: PassMemory | null = null;

  /** Nothing is allocated before the first batch. */
  constructor(parts: PassParts) {
    this.#parts = parts;
  }

  /** Sizes that the present memory serves. */
  get capacity(): BatchCapacity {
    return this.#capacity;
  }

  /** Makes room for batches that have been checked. */
  reserve(batches: readonly TrainingBatch[]): void {
    const capacity = batches.reduce(grownCapacity, this.#capacity);
    if (capacity === this.#capacity) return;
    this.destroy();
    this.#memory = createMemory(this.#parts, capacity);
    this.#capacity = capacity;
  }

  /** Runs one checked batch: its losses, and with `backward` its gradients added to those of the network. */
  async run(
    batch: TrainingBatch,
    { backward, times }: {
      readonly backward: boolean;
      readonly times?: OpTimes | undefined;
    },
  ): Promise<BatchLoss & { readonly nativeMs: number }> {
    this.reserve([batch]);
    const plan = this.#plan({
      backward,
      teacher: usesTeacher(batch),
      divergence: batch.divergence ?? "forward",
      temperature: batch.certainty?.temperature ?? 1,
    });
    const words = this.#memory!.words.fill(batch);
    const out = new Uint8Array(LOSS_RESULT_BYTES * batch.rows.length);
    const { nativeMs } = await plan.run(words, out, times);
    return { ...readLosses(new Float32Array(out.buffer), batch), nativeMs };
  }

  /** Frees plans and memory. Idempotent. */
  destroy(): void {
    for (const plan of this.#plans.values()) plan.destroy();
    this.#plans.clear();
    const memory = this.#memory;
    if (memory === null) return;
    memory.params.destroy();
    memory.results.destroy();
    memory.ropes.forEach((rope) => rope.destroy());
    memory.student.destroy();
    memory.teacher.destroy();
    this.#memory = null;
    this.#capacity = NO_CAPACITY;
  }

  #plan(kind: PassKind): ProfiledPlan {
    const key = JSON.stringify(kind);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const commands = recordPass(this.#parts, {
      ...kind,
      memory: this.#memory!,
      capacity: this.#capacity,
    });
    const plan = new ProfiledPlan(this.#parts.device, commands);
    this.#plans.set(key, plan);
    return plan;
  }
}

/** Records forward, loss and, where wanted, backward. */
function recordPass(
  { precision, student, teacher }: PassParts,
  kind: PassKind & {
    readonly memory: PassMemory;
    readonly capacity: BatchCapacity;
  },
): Uint8Array {
  const { memory, capacity } = kind;
  const { places, params, results } = memory;
  const encoder = new CommandEncoder({ params, output: results });
  const tape = new Tape(encoder);
  const common = {
    dtype: DTYPE_CODES[precision],
    maxPositions: capacity.positions,
  };
  let target: Value | null = null;
  if (kind.teacher) {
    target = recordNetwork(new Tape(encoder), {
      ...common,
      network: teacher!,
      workspace: memory.teacher,
      differentiable: false,
      rope: memory.ropes[1]!,
      words: { ...places, limitsAt: places.teacherLimitsAt },
    });
  }
  const logits = recordNetwork(tape, {
    ...common,
    network: student,
    workspace: memory.student,
    differentiable: true,
    rope: memory.ropes[0]!,
    words: places,
  });
  tokenLoss(tape, {
    logits,
    teacher: target,
    results,
    divergence: kind.divergence,
    temperature: kind.temperature,
    groupsAt: places.groupsAt,
    maxGroups: capacity.groups,
  });
  if (kind.backward) tape.backward();
  return encoder.finish();
}

function createMemory(
  { device, student, teacher }: PassParts,
  capacity: BatchCapacity,
): PassMemory {
  const places = batchPlaces(capacity);
  const rope = ({ config }: Network) => {
    const table = ropeTable(capacity.positions, {
      headDim: config.headDim,
      theta: config.ropeTheta,
    });
    const buffer = device.buffer(table.byteLength);
    buffer.write(table);
    return buffer;
  };
  return {
    places,
    words: new BatchWords(places),
    params: device.buffer(4 * places.layout.words),
    results: device.buffer(LOSS_RESULT_BYTES * capacity.lossRows),
    ropes: [student, ...(teacher ? [teacher] : [])].map(rope),
    student: new Workspace(device),
    teacher: new Workspace(device),
  };
}
