/**
 * The cache commit as a command buffer of its own, for the moment when a session moves to larger memory.
 *
 * @module
 */
import {
  CommandEncoder,
  type Device,
  ParameterTable,
  type RowCopy,
} from "../engine/mod.ts";
import type { ModelConfig } from "./config.ts";
import { SMALLEST_CAPACITY } from "./plan_capacity.ts";
import { planParameters } from "./plan_parameters.ts";
import type { LastingMemory, PassMemory } from "./session_memory.ts";
import { recordCommit } from "./transformer.ts";

/** Copies staged rows of `pass` into the cache, and to the boundary row, at once. */
export async function submitCommit(
  device: Device,
  memory: {
    readonly config: ModelConfig;
    readonly lasting: LastingMemory;
    readonly pass: PassMemory;
  },
  run: {
    readonly copies: readonly RowCopy[];
    readonly boundaryCopies: readonly RowCopy[];
  },
): Promise<void> {
  const copies = Math.max(run.copies.length, run.boundaryCopies.length);
  const capacity = { ...SMALLEST_CAPACITY, copies };
  const at = planParameters(capacity);
  const table = new ParameterTable(at.layout);
  table.setCopies(at.copies, run.copies);
  table.setCopies(at.boundaryCopies, run.boundaryCopies);
  using params = device.buffer(4 * at.layout.words);
  const encoder = new CommandEncoder({ params });
  recordCommit(encoder, { ...memory, at, capacity });
  await device.submit(encoder.finish(), { params: table.words });
}
