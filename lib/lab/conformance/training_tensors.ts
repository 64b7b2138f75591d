/**
 * Gradients and updated parameters of a training oracle, file by file.
 *
 * @module
 */
import { widen } from "../../model/float_types.ts";
import { SafetensorsFile } from "../../model/safetensors_file.ts";
import type { GoldenDirectory } from "./directory.ts";
import type { Comparison } from "./outcome.ts";
import type { TrainingCase } from "./training_case.ts";

/** Recorded tensors by moment (`grad`: of the first step; `param_after3`: after so many updates) and parameter name. */
export type RecordedTensors = ReadonlyMap<
  string,
  ReadonlyMap<string, Float32Array>
>;

/** Tolerances of golden data's README, section 4. */
const GRADIENT_TOLERANCE = 1e-4;
const PARAMETERS = { share: 0.999, tolerance: 1e-5, rates: 3 } as const;

/** Files of a folder that {@linkcode readTensors} does not read. */
const OTHER_FILES = /^(case\.json|logits_.*\.npy)$/;

/** Reads all tensor files of a case, each of which must be listed with its shape. */
export async function readTensors(
  check: Comparison,
  folder: string,
  { directory, each }: {
    readonly directory: GoldenDirectory;
    readonly each: TrainingCase;
  },
): Promise<RecordedTensors> {
  const present = (await directory.files(folder)).filter((file) =>
    !OTHER_FILES.test(file)
  );
  check.equal("tensor files", {
    got: present,
    want: Object.keys(each.files).sort(),
  });
  const moments = new Map<string, Map<string, Float32Array>>();
  const add = (moment: string, name: string, values: Float32Array) => {
    const tensors = moments.get(moment) ?? new Map<string, Float32Array>();
    moments.set(moment, tensors);
    const known = tensors.get(name);
    if (known !== undefined) {
      check.nearAll(`${moment} ${name} in its two files`, {
        got: values,
        want: known,
        tolerance: 0,
      });
    }
    tensors.set(name, values);
  };
  for (const file of present) {
    const path = `${folder}/${file}`;
    const single = /^(grad|param_after\d+)\.(.+)\.npy$/.exec(file);
    const whole = wholeMoment(file);
    if (single !== null) {
      const { shape, data } = await directory.npy(path);
      check.equal(`${file} shape`, { got: shape, want: each.files[file] });
      add(single[1]!, single[2]!, data);
    } else if (whole !== null) {
      for (const [name, values] of readAll(directory.resolve(path))) {
        add(whole, name, values);
      }
    } else {
      check.differ(file, {
        got: "a file of no known kind",
        want: "gradients or parameters",
      });
    }
  }
  return moments;
}

/** The moment whose every tensor a file holds; `null` for other files. */
function wholeMoment(file: string): string | null {
  const match = /^(grads_step1|params_after\d+)\.safetensors$/.exec(file);
  if (match === null) return null;
  const [, name] = match;
  return name === "grads_step1" ? "grad" : name!.replace("params", "param");
}

/** Files of all tensors must hold exactly the trained ones. */
export function checkComplete(
  check: Comparison,
  trained: readonly string[],
  { recorded, files }: {
    readonly recorded: RecordedTensors;
    readonly files: readonly string[];
  },
): void {
  for (const file of files) {
    const moment = wholeMoment(file);
    if (moment === null) continue;
    check.equal(`${file}: names`, {
      got: [...trained].sort(),
      want: [...recorded.get(moment)!.keys()].sort(),
    });
  }
}

/** Every tensor of a safetensors file as f32. */
export function readAll(path: string): Map<string, Float32Array> {
  using file = new SafetensorsFile(path);
  return new Map(
    [...file.tensors.values()].map(({ name, bytes, type }) => [
      name,
      widen(file.read(name, { begin: 0, bytes }), type),
    ]),
  );
}

/** Tensors of the same name and size; a recorded one without a counterpart is a difference. */
function pairs(
  check: Comparison,
  moment: string,
  { got, want }: {
    readonly got: ReadonlyMap<string, Float32Array>;
    readonly want: ReadonlyMap<string, Float32Array>;
  },
): { name: string; got: Float32Array; want: Float32Array }[] {
  return [...want].flatMap(([name, values]) => {
    const mine = got.get(name);
    if (mine?.length === values.length) {
      return [{ name, got: mine, want: values }];
    }
    check.differ(`${moment} ${name}`, {
      got: mine?.length ?? "no such parameter",
      want: values.length,
    });
    return [];
  });
}

/** Compares gradients within a share of each tensor's largest entry. */
export function compareGradients(
  check: Comparison,
  got: ReadonlyMap<string, Float32Array>,
  want: ReadonlyMap<string, Float32Array>,
): void {
  for (const each of pairs(check, "gradient", { got, want })) {
    const largest = each.want.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    check.nearAll(`gradient ${each.name}`, {
      got: each.got,
      want: each.want,
      tolerance: GRADIENT_TOLERANCE * largest,
    });
  }
}

/**
 * Compares parameters after updates: almost all entries closely, every one within what Adam can move an entry whose gradient is
 * rounding noise. Key biases, whose gradients are all noise, are left to the comparison of gradients.
 */
export function compareParameters(
  check: Comparison,
  moment: string,
  { got, want, learningRate }: {
    readonly got: ReadonlyMap<string, Float32Array>;
    readonly want: ReadonlyMap<string, Float32Array>;
    readonly learningRate: number;
  },
): void {
  let entries = 0;
  let close = 0;
  for (const each of pairs(check, moment, { got, want })) {
    if (each.name.endsWith("k_proj.bias")) continue;
    check.nearAll(`${moment} ${each.name}`, {
      got: each.got,
      want: each.want,
      tolerance: PARAMETERS.rates * learningRate,
    });
    entries += each.want.length;
    each.want.forEach((value, i) => {
      if (Math.abs(value - each.got[i]!) <= PARAMETERS.tolerance) close++;
    });
  }
  if (close >= PARAMETERS.share * entries) return;
  check.differ(`${moment}: share of entries within ${PARAMETERS.tolerance}`, {
    got: close / entries,
    want: PARAMETERS.share,
  });
}
