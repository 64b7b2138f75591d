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
  type RunReport,
} from "../engine/mod.ts";
import { attentionWidths, type ModelConfig } from "./config.ts";
import { SMALLEST_CAPACITY } from "./plan_capacity.ts";
import { planParameters } from "./plan_parameters.ts";
import type { LastingMemory, PassMemory } from "./session_memory.ts";
import { recordCommit } from "./transformer.ts";

/** Bytes that a device copies in a microsecond, at least. */
const COPY_BYTES = 2000;

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
): Promise<RunReport> {
  const copies = Math.max(run.copies.length, run.boundaryCopies.length);
  const capacity = { ...SMALLEST_CAPACITY, copies };
  const at = planParameters(capacity);
  const table = new ParameterTable(at.layout);
  table.setCopies(at.copies, run.copies);
  table.setCopies(at.boundaryCopies, run.boundaryCopies);
  using params = device.buffer(4 * at.layout.words);
  const encoder = new CommandEncoder({ params });
  recordCommit(encoder, { ...memory, at, capacity });
  const rows = run.copies.reduce((sum, copy) => sum + copy.rows, 0);
  const { layers } = memory.config;
  const { keyValue } = attentionWidths(memory.config);
  return await device.submit(encoder.finish(), {
    params: table.words,
    expectedMicroseconds: rows * 8 * layers * keyValue / COPY_BYTES,
  });
}
