/**
 * The training oracles: loss terms, gradients and AdamW updates of the reference implementations, batch and noise as recorded.
 *
 * @module
 */
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { mergeFactors } from "../../model/lora.ts";
import { expectedTensors } from "../../model/tensor_names.ts";
import { readTensor, type TensorSource } from "../../model/tensor_source.ts";
import { goldenBatch } from "../../training/golden_batch.ts";
import { referenceLoss } from "../../training/reference_loss.ts";
import type { ReferenceNetwork } from "../../training/reference_network.ts";
import { createTrainer } from "../../training/trainer.ts";
import type { GoldenDirectory } from "./directory.ts";
import type { ModelPool } from "./models.ts";
import { type CaseOutcome, type Comparison, runCase } from "./outcome.ts";
import {
  adapterFactors,
  type CaseContext,
  compareAdapterLogits,
  recordedAdapter,
} from "./training_adapter.ts";
import { readTrainingCase, recordedRates } from "./training_case.ts";
import {
  checkComplete,
  compareGradients,
  compareParameters,
  readTensors,
} from "./training_tensors.ts";
import { settleNoise } from "./training_noise.ts";
import { compareTerms, lossTerms, TERM_TOLERANCE } from "./training_terms.ts";

/** Most entries whose gradient may be rounding noise. */
const NOISE_SHARE = 1e-3;

/** One case per `training/<checkpoint>/<case>/`. */
export async function* trainingCases(
  directory: GoldenDirectory,
  models: ModelPool,
): AsyncGenerator<CaseOutcome> {
  for (const checkpoint of await directory.folders("training")) {
    for (const name of await directory.folders(`training/${checkpoint}`)) {
      yield await runCase(
        { group: `training/${checkpoint}`, name },
        async (check) => {
          const folder = `training/${checkpoint}/${name}`;
          const json = await directory.json<Record<string, unknown>>(
            `${folder}/case.json`,
          );
          const each = readTrainingCase(json);
          check.equal("checkpoint", { got: checkpoint, want: each.checkpoint });
          using source = await loadCheckpoint(
            directory.resolve(`checkpoints/${checkpoint}`),
          );
          check.equal("mask_token_id", {
            got: source.config.ids.mask,
            want: each.mask_token_id,
          });
          const context = { directory, models, folder, each, source };
          await (models.device === null
            ? referenceCase(check, context)
            : nativeCase(check, context));
        },
      );
    }
  }
}

/** Every step on the engine: terms, gradients, parameters, adapter logits. */
async function nativeCase(
  check: Comparison,
  context: CaseContext,
): Promise<void> {
  const { each, source, models, directory, folder } = context;
  const { lora, optimizer, steps } = each;
  const recorded = await readTensors(check, folder, { directory, each });
  const adapter = lora && await recordedAdapter(check, lora, context);
  using trainer = await createTrainer(models.device!, {
    source,
    precision: "f32",
    decay: { rate: optimizer.weight_decay },
    teacher: "start",
    ...(adapter ? { trainable: adapter } : {}),
  });
  if (adapter) {
    await compareAdapterLogits(check, "with_adapter_init", {
      tensors: trainer.parameters(),
      context,
    });
  }
  const before = trainer.parameters();
  const gradients = recorded.get("grad") ?? new Map<string, Float32Array>();
  const rates = recordedRates(each);
  checkComplete(check, [...before.keys()], {
    recorded,
    files: Object.keys(each.files),
  });
  const batch = goldenBatch(each);
  for (const [index, want] of steps.entries()) {
    const report = await trainer.step([batch], rates);
    const terms = lossTerms(report.batches[0]!, batch, each);
    compareTerms(check, `step ${index + 1}`, {
      got: { ...terms, grad_norm: report.gradientNorm },
      want,
      tolerance: TERM_TOLERANCE[index === 0 ? "first" : "later"],
    });
    if (index === 0) compareGradients(check, trainer.gradients(), gradients);
    const moment = `after${index + 1}`;
    const parameters = recorded.get(`param_${moment}`);
    if (parameters !== undefined) {
      compareParameters(check, moment, {
        got: trainer.parameters(),
        want: parameters,
        learningRate: optimizer.lr,
      });
    }
    if (adapter) {
      await compareAdapterLogits(check, moment, {
        tensors: trainer.parameters(),
        context,
      });
    }
    if (index > 0) continue;
    const { gradientNorm } = report;
    const decay = optimizer.weight_decay;
    const first = { before, recorded: gradients, rates, decay, gradientNorm };
    checkNoise(check, settleNoise(trainer, first));
  }
  const after = await trainer.evaluate(batch);
  compareTerms(check, `after ${steps.length} steps`, {
    got: lossTerms(after, batch, each),
    want: each.lossAfter,
    tolerance: TERM_TOLERANCE.later,
  });
}

function checkNoise(
  check: Comparison,
  noise: ReturnType<typeof settleNoise>,
): void {
  if (noise === null || noise.settled === 0) return;
  const { settled, entries } = noise;
  check.note =
    `${settled} of ${entries} first gradients are rounding noise; those entries take the recorded side`;
  if (settled > NOISE_SHARE * entries) {
    check.differ("entries that the first step moves elsewhere", {
      got: settled,
      want: `at most ${NOISE_SHARE * entries}`,
    });
  }
}

/** Without an engine: the terms of the first step in plain TypeScript. */
async function referenceCase(
  check: Comparison,
  context: CaseContext,
): Promise<void> {
  const { each, source } = context;
  const adapter = each.lora && await recordedAdapter(check, each.lora, context);
  const student = adapter?.initial
    ? mergeFactors(source, adapterFactors(context, adapter.initial), "start")
    : source;
  if (adapter?.initial) {
    await compareAdapterLogits(check, "with_adapter_init", {
      tensors: adapter.initial,
      context,
    });
  }
  const batch = goldenBatch(each);
  const losses = referenceLoss(plain(student), batch, plain(source));
  const { grad_norm: _, ...want } = each.steps[0]!;
  compareTerms(check, "step 1", {
    got: lossTerms(losses, batch, each),
    want,
    tolerance: TERM_TOLERANCE.first,
  });
  check.note =
    "the first step's loss terms alone: gradients and updates need the native engine";
}

function plain(source: TensorSource): ReferenceNetwork {
  const { config } = source;
  const names = [...expectedTensors(config).keys()];
  return {
    config,
    tensors: new Map(names.map((name) => [name, readTensor(source, name)])),
  };
}
