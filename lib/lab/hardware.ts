/**
 * Accelerators as their data sheets describe them, each number with its source.
 *
 * @module
 */
import type { Accelerator } from "../metrics/projection/accelerator.ts";

/** Devices that stand in `data/hardware`. */
export const ACCELERATORS = ["h200", "ascend-910c-die"] as const;

/** Id of a device. */
export type AcceleratorId = (typeof ACCELERATORS)[number];

/** Where a number comes from: the vendor, somebody's measurement, or nobody. */
export type SheetKind = "sheet" | "measured elsewhere" | "assumed";

/** One number of a device. */
export interface SheetValue {
  /** In `unit`. */
  readonly value: number;
  /** SI, e.g. `B/s`. */
  readonly unit: string;
  readonly kind: SheetKind;
  /** Document and what it says. */
  readonly source: string;
}

/** Units by the name of the value. */
const UNITS = {
  memoryBandwidth: "B/s",
  peakBf16: "FLOP/s",
  peakW8a8: "OP/s",
  linkBandwidth: "B/s",
  linkLatency: "s",
} as const;

type ValueName = keyof typeof UNITS;

/** A device and where its numbers come from. */
export interface AcceleratorSheet {
  readonly id: AcceleratorId;
  readonly device: Accelerator;
  readonly values: Readonly<Record<ValueName, SheetValue>>;
}

const FILE = new URL("../../data/hardware/accelerators.json", import.meta.url);

interface Sheets {
  readonly accelerators: Readonly<
    Record<
      string,
      { name: string; values: Partial<Record<ValueName, SheetValue>> }
    >
  >;
}

/**
 * Reads all devices. Needs read permission for `data/hardware`.
 *
 * @throws {SyntaxError} Where a number is missing, not positive, or in another unit than the SI one named here.
 */
export async function loadAccelerators(): Promise<
  Readonly<Record<AcceleratorId, AcceleratorSheet>>
> {
  const { accelerators } = JSON.parse(
    await Deno.readTextFile(FILE),
  ) as Sheets;
  const sheet = (id: AcceleratorId): AcceleratorSheet => {
    const { name, values } = accelerators[id]!;
    for (const [key, unit] of Object.entries(UNITS)) {
      const found = values[key as ValueName];
      if (found === undefined || !(found.value > 0) || found.unit !== unit) {
        throw new SyntaxError(
          `Cannot read ${key} of ${id} in data/hardware: found ${found?.value} ${found?.unit}, want a positive number of ${unit}`,
        );
      }
    }
    const all = values as Record<ValueName, SheetValue>;
    return {
      id,
      values: all,
      device: {
        name,
        memoryBandwidth: all.memoryBandwidth.value,
        peak: { bf16: all.peakBf16.value, w8a8: all.peakW8a8.value },
        linkBandwidth: all.linkBandwidth.value,
        linkLatency: all.linkLatency.value,
      },
    };
  };
  return Object.fromEntries(
    ACCELERATORS.map((id) => [id, sheet(id)]),
  ) as Record<AcceleratorId, AcceleratorSheet>;
}
