/**
 * The decoding vectors of the toy model, which has no weights.
 *
 * @module
 */
import {
  checkToyVectors,
  type ToyVector,
} from "../../decoding/lopa_toy_check.ts";
import type { GoldenDirectory } from "./directory.ts";
import { type CaseOutcome, runCase } from "./outcome.ts";

/** Where a directory keeps the vectors. */
const FILE = "lopa_toy_vectors.json";

/** One case per vector of `toy/lopa_toy_vectors.json`; none where the directory has no `toy`. */
export async function* toyCases(
  directory: GoldenDirectory,
): AsyncGenerator<CaseOutcome> {
  const group = "toy";
  for (const file of await directory.files("toy")) {
    if (file !== FILE) {
      yield await runCase(
        { group, name: file },
        (check) => check.differ("file", { got: file, want: FILE }),
      );
      continue;
    }
    const vectors = await directory.json<Record<string, ToyVector>>(
      `toy/${file}`,
    );
    for (const [name, vector] of Object.entries(vectors)) {
      yield await runCase({ group, name }, async (check) => {
        for (const result of await checkToyVectors({ [name]: vector })) {
          for (const difference of result.differences) {
            check.differ(name, { got: difference, want: "as recorded" });
          }
        }
      });
    }
  }
}
