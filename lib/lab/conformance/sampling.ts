/**
 * Unit cases of the references' helper functions, through the library's own functions and, where there are logits, through the
 * engine's output head as well.
 *
 * @module
 */
import type { GoldenDirectory } from "./directory.ts";
import type { ModelPool } from "./models.ts";
import { type CaseOutcome, type Comparison, runCase } from "./outcome.ts";
import { engineSampler, librarySampler, type RowSampler } from "./samplers.ts";
import { branchHelpers } from "./sampling_branches.ts";
import { lladaHelpers } from "./sampling_llada.ts";
import { attentionMasks } from "./sampling_masks.ts";
import { dreamScheduleFile } from "./sampling_schedule.ts";
import { dreamSampleTokens, sampleTokens } from "./sampling_tokens.ts";

/** One case of a file. */
export interface SamplingCase {
  readonly name: string;
  readonly run: (check: Comparison) => void | Promise<void>;
}

/** What the cases of a file may use. */
export interface SamplingContext {
  /** `exact`: whether the sampler shows which ids a filter kept, however improbable. */
  readonly samplers: readonly {
    readonly label: string;
    readonly sampler: RowSampler;
    readonly exact: boolean;
  }[];
  /** Logits of the file that `logits_from` names; empty without one. */
  readonly logits: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** How a file is read. */
export interface SamplingFile {
  /** Keys that the file must have, beside `reference` and an optional `note`. */
  readonly keys: readonly string[];
  cases(
    file: Readonly<Record<string, unknown>>,
    context: SamplingContext,
  ): Iterable<SamplingCase>;
}

const FILES: Readonly<Record<string, SamplingFile>> = {
  "attention_masks.json": attentionMasks,
  "branch_helpers.json": branchHelpers,
  "dream_sample_tokens.json": dreamSampleTokens,
  "dream_schedule.json": dreamScheduleFile,
  "llada_helpers.json": lladaHelpers,
  "sample_tokens.json": sampleTokens,
};

/** All cases under `sampling/`; a file that is not known fails. */
export async function* samplingCases(
  directory: GoldenDirectory,
  models: ModelPool,
): AsyncGenerator<CaseOutcome> {
  const samplers = [{ label: "", sampler: librarySampler, exact: true }];
  if (models.device !== null) {
    const sampler = engineSampler(models.device);
    samplers.push({ label: " on the engine", sampler, exact: false });
  }
  for (const name of await directory.files("sampling")) {
    const group = `sampling/${name.replace(/\.json$/, "")}`;
    let file: Readonly<Record<string, unknown>> | undefined;
    let logits: SamplingContext["logits"] = {};
    const opened = await runCase({ group, name }, async (check) => {
      const reader = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
      if (reader === undefined) {
        throw new RangeError(`known are ${Object.keys(FILES).join(", ")}`);
      }
      file = await directory.json(`sampling/${name}`);
      const keys = Object.keys(file!).filter((key) =>
        key !== "reference" && key !== "note"
      );
      check.equal("keys", {
        got: keys.toSorted(),
        want: reader.keys.toSorted(),
      });
      if (file!.logits_from !== undefined) {
        const other = await directory.json<Pick<SamplingContext, "logits">>(
          `sampling/${file!.logits_from}`,
        );
        logits = other.logits;
      }
    });
    if (opened.status === "failed") yield opened;
    if (opened.status === "failed" || file === undefined) continue;
    const cases = FILES[name]!.cases(file, { samplers, logits });
    for (const { name, run } of cases) {
      yield await runCase({ group, name }, run);
    }
  }
}
