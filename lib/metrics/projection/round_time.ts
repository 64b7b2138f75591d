/**
 * Time of one LoPA round over a mesh of branch and tensor parallel ranks, phase by phase. Every term but two is computed from
 * the network's shape and the data sheet; those two, the fixed time of a round and the rate at which branch results are
 * exchanged, belong to the software and have to be fitted or assumed.
 *
 * @module
 */
import { type Accelerator, ACTIVATION_BYTES } from "./accelerator.ts";
import {
  allGatherSeconds,
  allReduceSeconds,
  broadcastSeconds,
} from "./collectives.ts";
import { type ForwardPlace, forwardTime } from "./forward_time.ts";

/** How ranks are laid out: `branchParallel` x `tensorParallel` devices. */
export interface Mesh {
  /** Groups of devices that each take branches of a round. */
  readonly branchParallel: number;
  /** Devices that share one forward. */
  readonly tensorParallel: number;
}

/** What the software around the forwards does; the two numbers are no hardware's. */
export interface Stack {
  /** Seconds of every round that no other phase explains: launches, host, scheduling, waiting. */
  readonly fixedSeconds: number;
  /** What branch groups exchange after their forwards. */
  readonly exchange:
    /** Logits of every row, gathered on all ranks at this many bytes per second, as LoPA-Dist-NV does. */
    | { readonly of: "logits"; readonly bytesPerSecond: number }
    /** Token, probability and score of every row, over the device's own links. */
    | { readonly of: "choices" };
  /** `two-phase`: the winner's keys and values are broadcast; `single-phase`: all ranks have computed them alike. */
  readonly protocol: "two-phase" | "single-phase";
}

/** One round as a trace has it. */
export interface RoundLoad {
  /** Branches of the round. */
  readonly branches: number;
  /** Positions in the longest branch's window. */
  readonly rows: number;
  /** Keys that each position sees. */
  readonly keys: number;
  /** Share of rounds that commit a block, in [0, 1]. */
  readonly commits: number;
  /** Positions that a commit writes. */
  readonly committedRows: number;
}

/** Where rounds run. */
export interface RoundPlace extends Omit<ForwardPlace, "tensorParallel"> {
  readonly mesh: Mesh;
  readonly stack: Stack;
}

/** Seconds of a round by phase. */
export interface RoundTime {
  /** Layers and output head of the busiest device. */
  readonly compute: number;
  /** Sums between the devices of one forward. */
  readonly tensorParallel: number;
  /** What branch groups tell each other to choose a winner. */
  readonly exchange: number;
  /** Broadcast of the winner's keys and values, averaged over rounds. */
  readonly commit: number;
  /** Everything else; fitted. */
  readonly fixed: number;
}

/** Names of the phases, in the order they are shown. */
export const PHASES = [
  "compute",
  "tensorParallel",
  "exchange",
  "commit",
  "fixed",
] as const satisfies readonly (keyof RoundTime)[];

/** Bytes of what a rank says of a row: token, probability, score and position. */
const CHOICE_BYTES = 16;

/** All-reduces per layer: after the attention's output projection and after the SwiGLU. */
const SUMS_PER_LAYER = 2;

/** `rows`: those of all branches of a group. */
function exchangeSeconds(
  { branches, rows }: Pick<RoundLoad, "branches" | "rows">,
  { shape, device, stack, mesh }: RoundPlace,
): number {
  const ranks = Math.min(mesh.branchParallel, branches);
  if (stack.exchange.of === "choices") {
    const bytes = rows * CHOICE_BYTES;
    return allGatherSeconds(device, { ranks, bytes });
  }
  const link = {
    linkLatency: device.linkLatency,
    linkBandwidth: stack.exchange.bytesPerSecond,
  };
  const bytes = rows * shape.vocabSize * ACTIVATION_BYTES;
  return allGatherSeconds(link, { ranks, bytes });
}

function commitSeconds(
  { commits, committedRows }: RoundLoad,
  { shape, device, stack, mesh }: RoundPlace,
): number {
  if (stack.protocol === "single-phase") return 0;
  const { layers, kvHeads, headDim } = shape;
  const bytes = committedRows * kvHeads * headDim * ACTIVATION_BYTES;
  const one = broadcastSeconds(device, { ranks: mesh.branchParallel, bytes });
  return commits * 2 * layers * one;
}

function tensorParallelSeconds(
  rows: number,
  { shape, device, mesh }: RoundPlace & { readonly device: Accelerator },
): number {
  const ranks = mesh.tensorParallel;
  const bytes = rows * shape.hiddenSize * ACTIVATION_BYTES;
  const winners = { ranks, bytes: rows * CHOICE_BYTES };
  return SUMS_PER_LAYER * shape.layers *
      allReduceSeconds(device, { ranks, bytes }) +
    allGatherSeconds(device, winners);
}

/** Seconds of one round, phase by phase. Groups with several branches take them in one pass. */
export function roundTime(load: RoundLoad, place: RoundPlace): RoundTime {
  const { branchParallel, tensorParallel } = place.mesh;
  const rows = load.rows * Math.ceil(load.branches / branchParallel);
  const forward = forwardTime(
    { rows, keys: load.keys },
    { ...place, tensorParallel },
  );
  return {
    compute: forward.layers + forward.head,
    tensorParallel: tensorParallelSeconds(rows, place),
    exchange: exchangeSeconds({ branches: load.branches, rows }, place),
    commit: commitSeconds(load, place),
    fixed: place.stack.fixedSeconds,
  };
}

/** Sum of the phases. */
export function totalSeconds(time: RoundTime): number {
  return PHASES.reduce((sum, phase) => sum + time[phase], 0);
}

/** Phase by phase mean of rounds with weights. */
export function meanRound(
  rounds: readonly { readonly time: RoundTime; readonly weight: number }[],
): RoundTime {
  const total = rounds.reduce((sum, { weight }) => sum + weight, 0);
  const of = (phase: keyof RoundTime) =>
    rounds.reduce((sum, { time, weight }) => sum + weight * time[phase], 0) /
    total;
  return {
    compute: of("compute"),
    tensorParallel: of("tensorParallel"),
    exchange: of("exchange"),
    commit: of("commit"),
    fixed: of("fixed"),
  };
}
