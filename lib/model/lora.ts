/**
 * LoRA adapters in PEFT layout, merged into the weights as they are read: W + scale B A, in float32.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { digestFiles } from "./digest.ts";
import { NonFiniteError } from "./errors.ts";
import { widen } from "./float_types.ts";
import { readJson } from "./json_file.ts";
import { parseLoraConfig } from "./lora_config.ts";
import { type LoraPair, matchAdapter } from "./lora_match.ts";
import { SafetensorsFile } from "./safetensors_file.ts";
import type { RowRange, TensorSource } from "./tensor_source.ts";

/** How an adapter is merged. */
export interface AdapterOptions {
  /** Target names of the adapter that may match no module of the model. Default: none may. */
  readonly allowUnmatched?: readonly string[];
}

/** The factors of one adapted module. */
export interface LoraFactors {
  /** `[rank, inputs]`. */
  readonly a: Float32Array;
  /** `[outputs, rank]`. */
  readonly b: Float32Array;
  /** Rows of `a`. */
  readonly rank: number;
  /** Factor of the product B A. */
  readonly scale: number;
}

/**
 * The weights of `base` with the adapter in `directory` merged in. Adapted matrices become F32; closing the result closes
 * the base. Needs read permission.
 *
 * @throws {AdapterError} When the adapter is of a kind that cannot be merged, or does not fit the model.
 * @throws {SafetensorsError} When its weight file is not what its header says.
 */
export async function mergeAdapter(
  base: TensorSource,
  directory: string,
  options: AdapterOptions = {},
): Promise<TensorSource> {
  const configFile = `${directory}/adapter_config.json`;
  const lora = parseLoraConfig(await readJson(configFile));
  using file = new SafetensorsFile(`${directory}/adapter_model.safetensors`);
  const pairs = matchAdapter(
    base.config,
    { lora, tensors: file.tensors },
    options,
  );
  const factors = new Map<string, LoraFactors>();
  for (const [module, pair] of pairs) {
    factors.set(module, { ...readPair(file, pair), ...lora });
  }
  const digest = createHash("sha256").update(base.digest).update(
    await digestFiles([configFile, file.path]),
  ).digest("hex");
  return mergeFactors(base, factors, digest);
}

/**
 * The weights of `base` with `scale B A` added to each adapted module's matrix. Adapted matrices become F32; closing the result
 * closes the base.
 *
 * @param factors By module name.
 * @param digest That of the result.
 */
export function mergeFactors(
  base: TensorSource,
  factors: ReadonlyMap<string, LoraFactors>,
  digest: string,
): TensorSource {
  const find = (name: string) => factors.get(name.replace(/\.weight$/, ""));
  return {
    config: base.config,
    digest,
    type: (name) => find(name) ? "F32" : base.type(name),
    read: (name, rows) => {
      const bytes = base.read(name, rows);
      const adapted = find(name);
      if (!adapted) return bytes;
      return new Uint8Array(
        addProduct(widen(bytes, base.type(name)), adapted, rows).buffer,
      );
    },
    close: () => base.close(),
  };
}

function readPair(
  file: SafetensorsFile,
  pair: LoraPair,
): { a: Float32Array; b: Float32Array } {
  const read = (name: string) => {
    const { bytes, type } = file.tensors.get(name)!;
    const values = widen(file.read(name, { begin: 0, bytes }), type);
    if (!values.every(Number.isFinite)) {
      throw new NonFiniteError(
        `tensor "${name}" of ${file.path} holds NaN or infinity`,
      );
    }
    return values;
  };
  return { a: read(pair.a), b: read(pair.b) };
}

/** Adds rows of `scale B A` to the same rows of W, in place: `weights[r, k] += scale * sum_i b[r, i] * a[i, k]`. */
function addProduct(
  weights: Float32Array,
  { a, b, rank, scale }: LoraFactors,
  rows: RowRange,
): Float32Array {
  const inputs = a.length / rank;
  const delta = new Float64Array(inputs);
  for (let r = 0; r < rows.count; r++) {
    delta.fill(0);
    for (let i = 0; i < rank; i++) {
      const factor = b[(rows.begin + r) * rank + i]!;
      for (let k = 0; k < inputs; k++) delta[k]! += factor * a[i * inputs + k]!;
    }
    for (let k = 0; k < inputs; k++) {
      weights[r * inputs + k]! += scale * delta[k]!;
    }
  }
  return weights;
}
