/**
 * Teacher trajectories: the answers of a model to training prompts, kept as token ids. Text would be split differently when it is
 * tokenised again, and blocks would no longer be the teacher's.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { DecoderSpec } from "../decoding/registry.ts";
import type { Example } from "./canvas.ts";
import { StateDamagedError } from "./run_errors.ts";
import { sealLines, unsealLines } from "./sealed_lines.ts";

/** One answer of the teacher. */
export interface Trajectory {
  /** Name of the task. */
  readonly task: string;
  /** Index of the problem in the training split. */
  readonly index: number;
  /** Token ids. */
  readonly prompt: readonly number[];
  /** Token ids, the last of which is the one end-of-sequence token. */
  readonly answer: readonly number[];
  /** Forwards after which the answer was known. */
  readonly forwards: number;
}

/** What decides a set of trajectories. JSON. */
export interface TrajectorySource {
  /** Digest of the teacher's checkpoint. */
  readonly model: string;
  /** How it decoded, with all options. */
  readonly decoder: DecoderSpec;
  /** Digests of the tasks by name. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Index of the first problem. */
  readonly first: number;
  /** Problems asked. */
  readonly problems: number;
  /** Share of each task in the problems. */
  readonly mix: Readonly<Record<string, number>>;
  /** Whether wrong answers are thrown away. */
  readonly reject: boolean;
  /** Element type of the teacher's matrices. */
  readonly precision: "f32" | "bf16";
}

/** Why answers are not among the trajectories. */
export interface Rejected {
  /** Number of answers that the grader found wrong. */
  readonly wrong: number;
  /** Of those without an end of sequence. */
  readonly endless: number;
}

/** Trajectories with what they were made from. */
export interface TrajectorySet {
  /** What decides it. */
  readonly source: TrajectorySource;
  /** In the order of the problems. */
  readonly trajectories: readonly Trajectory[];
  /** What was thrown away. */
  readonly rejected: Rejected;
}

const FORMAT = "dllm-lab trajectories 1";

/** A set as text: a header line, then one JSON array per answer. */
function textOf({ source, trajectories, rejected }: TrajectorySet): string {
  const header = { format: FORMAT, source, rejected };
  const lines = trajectories.map((
    { task, index, prompt, answer, forwards },
  ) => [task, index, forwards, prompt, answer]);
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** SHA-256 of a set's content, whatever its compression. */
export function trajectoriesDigest(set: TrajectorySet): string {
  return createHash("sha256").update(textOf(set)).digest("hex");
}

/** The bytes of a set's file: gzipped lines, with their digest in the first. */
export function encodeTrajectories(set: TrajectorySet): Uint8Array {
  return sealLines(textOf(set));
}

/**
 * Reads a set.
 *
 * @param path Name of the file, for messages.
 * @throws {StateDamagedError} When a byte is missing or another than was written.
 */
export function decodeTrajectories(
  bytes: Uint8Array,
  path: string,
): TrajectorySet {
  let text: string;
  try {
    text = unsealLines(bytes);
  } catch (error) {
    throw new StateDamagedError(path, (error as Error).message);
  }
  const [header, ...lines] = text.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  const { format, source, rejected } = header;
  if (format !== FORMAT) {
    throw new StateDamagedError(path, `its format is ${format}, not ${FORMAT}`);
  }
  const trajectories = lines.map((
    [task, index, forwards, prompt, answer],
  ): Trajectory => ({ task, index, prompt, answer, forwards }));
  return { source, trajectories, rejected };
}

/**
 * The examples of a step: every epoch goes through all trajectories in an order of its own.
 *
 * @param options `step`: from 1; `problems`: examples per step; `order`: a permutation of an epoch, by its number from 0.
 */
export function stepExamples(
  trajectories: readonly Trajectory[],
  { step, problems, order }: {
    readonly step: number;
    readonly problems: number;
    readonly order: (epoch: number) => Int32Array;
  },
): Example[] {
  const { length } = trajectories;
  const orders = new Map<number, Int32Array>();
  return Array.from({ length: problems }, (_, i) => {
    const at = (step - 1) * problems + i;
    const epoch = Math.floor(at / length);
    if (!orders.has(epoch)) orders.set(epoch, order(epoch));
    return trajectories[orders.get(epoch)![at % length]!]!;
  });
}

/** The order in which an epoch goes through `length` trajectories: sorted by one number each, as `uniform` gives them. */
export function epochOrder(
  length: number,
  uniform: (index: number) => number,
): Int32Array {
  const places = Float64Array.from({ length }, (_, i) => uniform(i));
  return Int32Array.from({ length }, (_, i) => i).sort((a, b) =>
    places[a]! - places[b]! || a - b
  );
}
