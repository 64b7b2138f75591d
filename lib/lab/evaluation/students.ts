/**
 * The models of the distillation study: those without an adapter, and adapters with their bases.
 *
 * @module
 */
import { join } from "node:path";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { isPaperScale } from "../recipes/distill/paper.ts";
import { allDistillations } from "../recipes/distill/registry.ts";
import { readAdapterRecord } from "../recipes/distill/ship.ts";
import {
  MODELS_FOLDER,
  OTHER_BASES,
  type PlainModel,
  presentAmong,
  TRAINED_MODELS,
} from "./trained_models.ts";

/** A model by its folder's name, and whether it is an adapter. */
export interface Student {
  readonly name: string;
  /** Name of its base; `null` for a model without adapter. */
  readonly base: string | null;
}

/** Models without adapter. */
const PLAIN: readonly PlainModel[] = [
  ...TRAINED_MODELS.filter((name) => name !== "ar-mini"),
  ...OTHER_BASES,
];

/** All models of the study, present or not: bases, then adapters. */
export function allStudents(): readonly Student[] {
  return [
    ...PLAIN.map((name) => ({ name, base: null })),
    ...allDistillations().filter(({ name }) => !isPaperScale(name))
      .map(({ name, base }) => ({ name, base })),
  ];
}

/** Those that are there, trained to their ends, adapters with the very base that they were trained on. Needs read permission. */
export async function presentStudents(
  folder: string = MODELS_FOLDER,
): Promise<Student[]> {
  const trained: readonly string[] = await presentAmong(PLAIN, folder);
  const digests = new Map<string, string>();
  const found: Student[] = [];
  for (const student of allStudents()) {
    const { name, base } = student;
    if (!trained.includes(base ?? name)) continue;
    if (base !== null) {
      const record = await readAdapterRecord(join(folder, name));
      if (record === null || record.steps < record.wanted) continue;
      if (!digests.has(base)) {
        using checkpoint = await loadCheckpoint(join(folder, base));
        digests.set(base, checkpoint.digest);
      }
      if (record.baseDigest !== digests.get(base)) continue;
    }
    found.push(student);
  }
  return found;
}
