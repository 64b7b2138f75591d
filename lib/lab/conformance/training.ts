/**
 * The training oracles: the only family that may be skipped, directory by directory.
 *
 * @module
 */
import type { GoldenDirectory } from "./directory.ts";
import { type CaseOutcome, runCase } from "./outcome.ts";

/** One skipped case per `training/<checkpoint>/<case>/` with a `case.json`; anything else in there fails. */
export async function* trainingCases(
  directory: GoldenDirectory,
): AsyncGenerator<CaseOutcome> {
  const group = "training";
  for (const checkpoint of await directory.folders("training")) {
    for (const name of await directory.folders(`training/${checkpoint}`)) {
      const id = { group, name: `${checkpoint}/${name}` };
      const files = await directory.files(`training/${checkpoint}/${name}`);
      if (files.includes("case.json")) {
        yield {
          ...id,
          status: "skipped",
          differences: [],
          note: "training is not part of the kit yet",
        };
      } else {
        yield await runCase(
          id,
          (check) => check.differ("files", { got: files, want: "case.json" }),
        );
      }
    }
  }
}
