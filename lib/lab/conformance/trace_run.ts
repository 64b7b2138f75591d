/**
 * Running a recorded setting: parameters come from the setting, the reference beside it and the prompt, never from what was
 * recorded of the outcome; the one exception are recorded uniforms.
 *
 * @module
 */
import { decode } from "../../decoding/decode.ts";
import { recordedUniforms } from "../../decoding/random.ts";
import { BLOCK_FAMILIES } from "../../decoding/reference_options.ts";
import { decoderFromSetting, goldenFamilies } from "../../decoding/registry.ts";
import type { Trace } from "../../decoding/trace_types.ts";
import type { Decoder, DecodeStep } from "../../decoding/types.ts";
import type { DiffusionModel, ModelSpec } from "../../model/types.ts";
import type { LoadedCheckpoint } from "./models.ts";
import type { GoldenRun, GoldenTraceFile } from "./trace_file.ts";

/** How the steps of a family are recorded: by samplers over a canvas, or block by block over a cache. */
export type FamilyStyle = "sampler" | "block";

/**
 * How a family's steps are recorded.
 *
 * @throws {RangeError} for a family that is not known.
 */
export function familyStyle(family: string): FamilyStyle {
  if (!goldenFamilies().includes(family)) {
    throw new RangeError(
      `family "${family}" is not known; known are ${
        goldenFamilies().join(", ")
      }`,
    );
  }
  return Object.hasOwn(BLOCK_FAMILIES, family) ? "block" : "sampler";
}

/** The decoder of a file for one of its runs. Throws on any key of the setting that is not known. */
export function decoderOf(
  family: string,
  { file, run }: { readonly file: GoldenTraceFile; readonly run: GoldenRun },
): Decoder {
  const { setting, reference } = file;
  const rounds = run.steps.map((step) => step.uniforms as number[] | undefined);
  const uniforms = rounds.some((list) => list !== undefined)
    ? recordedUniforms(rounds.map((list) => list ?? []))
    : undefined;
  return decoderFromSetting(family, setting, {
    reference,
    ...(uniforms === undefined ? {} : { uniforms }),
  });
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** The model with the special ids of the setting, which the recorded functions were given as arguments. */
export function modelFor(
  model: DiffusionModel,
  setting: GoldenTraceFile["setting"],
): DiffusionModel {
  const eosId = number(setting.eos_token_id);
  const padId = number(setting.pad_token_id);
  const spec: ModelSpec = {
    ...model.spec,
    maskId: number(setting.mask_token_id) ?? model.spec.maskId,
    eosId: eosId ?? padId ?? model.spec.eosId,
    padId: padId ?? eosId ?? model.spec.padId,
  };
  return { spec, open: (options) => model.open(options) };
}

/** Positions to generate, under the name that the setting uses. */
function newTokens(setting: GoldenTraceFile["setting"]): number {
  const given = number(setting.max_new_tokens) ?? number(setting.gen_length);
  if (given === undefined) {
    throw new TypeError("the setting has no max_new_tokens or gen_length");
  }
  return given;
}

/**
 * Decodes one run into a trace.
 *
 * @throws {RangeError} when the decode does not come to its end; the references have no limit of steps.
 */
export async function runTrace(
  checkpoint: Pick<LoadedCheckpoint, "model" | "vocabulary">,
  given: {
    readonly family: string;
    readonly file: GoldenTraceFile;
    readonly run: GoldenRun;
    readonly wrap?: (decoder: Decoder) => Decoder;
    readonly model?: DiffusionModel;
  },
): Promise<Trace> {
  const { family, file, run, wrap = (decoder) => decoder } = given;
  const model = modelFor(given.model ?? checkpoint.model, file.setting);
  const decoder = wrap(decoderOf(family, { file, run }));
  const prompt = Int32Array.from(run.prompt_ids);
  const length = newTokens(file.setting);
  const limit = 100 + 20 * length;
  const iterator = decode(model, decoder, prompt, {
    maxPositions: Math.min(
      model.spec.maxPositions,
      prompt.length + length + 1,
    ),
  });
  const steps: DecodeStep[] = [];
  while (true) {
    const { done, value } = await iterator.next();
    if (done) {
      return {
        header: {
          decoder: { name: decoder.name, options: decoder.options },
          model: model.spec,
          vocabulary: { strings: checkpoint.vocabulary?.id_to_string ?? [] },
          stopStrings: [],
          prompt: { text: run.prompt, ids: run.prompt_ids },
          sample: 0,
          seed: null,
        },
        steps,
        result: value,
        timings: [],
      };
    }
    steps.push(value);
    if (steps.length > limit) {
      throw new RangeError(
        `no end after ${limit} steps for ${length} new tokens`,
      );
    }
  }
}
