/**
 * The adapters that a training goes through, as they are kept until one is chosen, and what was measured of them.
 *
 * @module
 */
import { join } from "node:path";
import { widen } from "../../../model/float_types.ts";
import type { AdapterTensors } from "../../../training/adapter_files.ts";
import { writeAtomically } from "../../../training/atomic.ts";
import {
  checkIdentity,
  type StageIdentity,
} from "../../../training/checkpoint.ts";
import type { CurvePoint } from "../../../training/curve.ts";
import { seal, unseal } from "../../../training/sealed.ts";
import { prettyJson } from "../../json.ts";
import type { DevPoint } from "./selection.ts";

/** Where a training's state lies and what it is known by. */
export interface StatePlace {
  readonly folder: string;
  readonly identity: StageIdentity;
}

function snapshotPath(folder: string, step: number): string {
  return join(folder, `adapter-${String(step).padStart(6, "0")}.safetensors`);
}

/** Keeps an adapter as it is after a step. */
export async function writeSnapshot(
  { folder, identity }: StatePlace,
  step: number,
  tensors: AdapterTensors,
): Promise<void> {
  const { recipe, digest, stage, seed } = identity;
  const stored = [...tensors].map(([name, values]) => {
    const bytes = new Uint8Array(values.slice().buffer);
    return [name, { dtype: "F32", shape: [values.length], bytes }] as const;
  });
  const file = seal(new Map(stored), {
    ...{ recipe, digest, stage: String(stage), seed: String(seed) },
  });
  await writeAtomically(snapshotPath(folder, step), file);
}

/**
 * Reads an adapter back.
 *
 * @throws {StateDamagedError} When a byte is missing or altered.
 * @throws {StateMismatchError} When it is of another recipe.
 */
export async function readSnapshot(
  { folder, identity }: StatePlace,
  step: number,
): Promise<AdapterTensors> {
  const path = snapshotPath(folder, step);
  const sealed = unseal(await Deno.readFile(path), path);
  checkIdentity(sealed, { path, identity });
  return new Map(
    [...sealed.tensors.values()].map(({ name, type }) => [
      name,
      widen(sealed.bytes(name), type),
    ]),
  );
}

/** What a curve keeps of a point, by the start of the name there. */
const KEPT = ["problems", "passes", "deviation", "right"] as const;

/** Points as an evaluation in a curve. */
export function devRecord(
  points: readonly DevPoint[],
): Record<string, number> {
  return Object.fromEntries(
    points.flatMap((point) =>
      KEPT.map((name) => [`${name} at ${point.threshold}`, point[name]])
    ),
  );
}

/** The points in a curve. */
export function curvePoints(
  curve: readonly CurvePoint[],
  thresholds: readonly number[],
): DevPoint[] {
  return curve.flatMap(({ step, dev }) =>
    dev === undefined ? [] : thresholds.flatMap((threshold) => {
      const [problems, passes, deviation, right] = KEPT.map((name) =>
        dev[`${name} at ${threshold}`]
      );
      return problems === undefined || passes === undefined ||
          deviation === undefined || right === undefined
        ? []
        : [{ step, threshold, problems, passes, deviation, right }];
    })
  );
}

/** The base's points: as they were kept, or measured and kept. */
export async function basePoints(
  { folder, identity }: StatePlace,
  measure: () => Promise<readonly DevPoint[]>,
): Promise<readonly DevPoint[]> {
  const path = join(folder, "base.json");
  try {
    const found = JSON.parse(await Deno.readTextFile(path));
    if (found.digest === identity.digest) return found.points;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const points = await measure();
  const kept = { digest: identity.digest, points };
  await writeAtomically(path, prettyJson(kept));
  return points;
}
