/**
 * A recorded pass that can also be run record by record, to see where its time goes.
 *
 * @module
 */
import type { Device, OpOptions, Plan } from "../engine/mod.ts";
import { OP_CODES } from "../engine/abi.ts";
import { HEADER_BYTES } from "../engine/ops.ts";

type OpName = keyof OpOptions;

/** Time and number of the records of each operation. */
export class OpTimes {
  readonly #times = new Map<OpName, { ms: number; records: number }>();

  /** Native milliseconds and records by operation. */
  get entries(): ReadonlyMap<
    keyof OpOptions,
    { readonly ms: number; readonly records: number }
  > {
    return this.#times;
  }

  /** Counts one record. */
  add(op: keyof OpOptions, ms: number): void {
    const entry = this.#times.get(op) ?? { ms: 0, records: 0 };
    this.#times.set(op, {
      ms: entry.ms + ms,
      records: entry.records + 1,
    });
  }
}

/** A command buffer as one plan, and on demand as one plan per record. */
export class ProfiledPlan {
  readonly #device: Device;
  readonly #commands: Uint8Array;
  readonly #plan: Plan;
  #records: { readonly op: OpName; readonly plan: Plan }[] | null = null;

  /** Compiles the whole. */
  constructor(device: Device, commands: Uint8Array) {
    this.#device = device;
    this.#commands = commands;
    this.#plan = device.plan(commands);
  }

  /** Runs the plan; with `times`, each record by itself with the same results, and slower. */
  async run(
    params: Int32Array,
    out: Uint8Array,
    times?: OpTimes,
  ): Promise<{ readonly nativeMs: number }> {
    if (times === undefined) return await this.#plan.run(params, out);
    this.#records ??= splitRecords(this.#commands).map(({ op, commands }) => ({
      op,
      plan: this.#device.plan(commands),
    }));
    let nativeMs = 0;
    for (const { op, plan } of this.#records) {
      const run = await plan.run(params, out, { blocking: true });
      times.add(op, run.nativeMs);
      nativeMs += run.nativeMs;
    }
    return { nativeMs };
  }

  /** Frees the plans. Idempotent. */
  destroy(): void {
    this.#plan.destroy();
    for (const { plan } of this.#records ?? []) plan.destroy();
    this.#records = null;
  }
}

const OPS = new Map<number, OpName>(
  Object.entries(OP_CODES).map(([name, code]) => [code, name as OpName]),
);

/** Each record of a command buffer as a command buffer of its own. */
function splitRecords(
  commands: Uint8Array,
): { readonly op: OpName; readonly commands: Uint8Array }[] {
  const view = new DataView(
    commands.buffer,
    commands.byteOffset,
    commands.byteLength,
  );
  const header = commands.slice(0, HEADER_BYTES);
  new DataView(header.buffer).setUint32(8, 1, true);
  const parts: { op: OpName; commands: Uint8Array }[] = [];
  for (let at = HEADER_BYTES; at < commands.length;) {
    const op = OPS.get(view.getUint32(at, true))!;
    const bytes = view.getUint32(at + 4, true);
    const part = new Uint8Array(HEADER_BYTES + bytes);
    part.set(header);
    part.set(commands.subarray(at, at + bytes), HEADER_BYTES);
    parts.push({ op, commands: part });
    at += bytes;
  }
  return parts;
}
