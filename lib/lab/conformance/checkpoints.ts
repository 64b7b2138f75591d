/**
 * Checkpoints: each loads, knows its special ids, and computes the same on the engine and in plain TypeScript.
 *
 * @module
 */
import { loadReferenceModel } from "../../model/reference_model.ts";
import type { GoldenDirectory } from "./directory.ts";
import { LOGIT_TOLERANCE, windowRequest } from "./forward.ts";
import type { ModelPool } from "./models.ts";
import { type CaseOutcome, runCase } from "./outcome.ts";

/** Two cases per folder of `checkpoints/`: it loads; engine and plain TypeScript agree on an input. */
export async function* checkpointCases(
  directory: GoldenDirectory,
  models: ModelPool,
): AsyncGenerator<CaseOutcome> {
  const group = "checkpoints";
  for (const name of await directory.folders("checkpoints")) {
    yield await runCase({ group, name: `${name} loads` }, async (check) => {
      const { model, vocabulary } = await models.load(name);
      if (vocabulary === null) return;
      const { spec } = model;
      check.equal("mask id", { got: spec.maskId, want: vocabulary.mask });
      check.equal("eos id", { got: spec.eosId, want: vocabulary.eos });
      check.equal("bos id", { got: spec.bosId, want: vocabulary.bos });
    });
    if (models.device === null) continue;
    yield await runCase(
      { group, name: `${name}: engine and plain TypeScript` },
      async (check) => {
        const { model } = await models.load(name);
        const { vocabSize, maxPositions } = model.spec;
        const length = Math.min(24, maxPositions - 1);
        const tokens = Array.from(
          { length },
          (_, i) => (i * i * 31 + 7) % vocabSize,
        );
        const request = windowRequest(model.spec, { start: 0, tokens });
        const reference = await loadReferenceModel(
          directory.resolve(`checkpoints/${name}`),
        );
        const [got, want] = await Promise.all([model, reference].map(
          async (side) => {
            const session = side.open({ maxPositions: length + 1 });
            try {
              return (await session.forward(request)).branches[0]!.logits!;
            } finally {
              session.close();
            }
          },
        ));
        check.nearAll("logits", {
          got: got!,
          want: want!,
          tolerance: LOGIT_TOLERANCE,
        });
        reference.close();
      },
    );
  }
}
