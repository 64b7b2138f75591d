/** Native models over random weights for tests, one device each. Used by tests only. */
import { library } from "../engine/_fixture.ts";
import { Device, type DeviceOptions } from "../engine/mod.ts";
import { NativeModel } from "./native_model.ts";
import {
  type NetworkShape,
  randomSource,
  type RandomSourceOptions,
} from "./random_model.ts";

/** The shapes that tests run over: shared and unshared heads, odd sizes, tied heads, a mask of one position. */
export const TEST_SHAPES: readonly NetworkShape[] = [
  {
    family: "dream",
    hiddenSize: 32,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    mlpSize: 48,
    vocabSize: 37,
  },
  {
    family: "llada",
    hiddenSize: 24,
    layers: 3,
    heads: 3,
    kvHeads: 3,
    mlpSize: 40,
    vocabSize: 50,
  },
  {
    family: "dream",
    hiddenSize: 20,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    mlpSize: 17,
    vocabSize: 33,
    tied: true,
  },
  {
    family: "llada",
    hiddenSize: 16,
    layers: 2,
    heads: 4,
    kvHeads: 1,
    mlpSize: 16,
    vocabSize: 19,
    tied: true,
  },
  {
    family: "qwen2",
    hiddenSize: 24,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    mlpSize: 34,
    vocabSize: 41,
  },
];

/** A model on a device of its own; close the model, then the device. */
export async function nativeModel(
  shape: NetworkShape,
  options: RandomSourceOptions & DeviceOptions & {
    readonly dtype?: "f32" | "bf16";
  } = {},
): Promise<NativeModel & AsyncDisposable> {
  const { seed, type, sharpness, dtype, ...deviceOptions } = options;
  const random = {
    ...(seed === undefined ? {} : { seed }),
    ...(type === undefined ? {} : { type }),
    ...(sharpness === undefined ? {} : { sharpness }),
  };
  const device = await Device.open({
    library: library!,
    threads: 2,
    ...deviceOptions,
  });
  const model = await NativeModel.create(randomSource(shape, random), {
    device,
    dtype: dtype ?? "f32",
  });
  return Object.assign(model, {
    async [Symbol.asyncDispose](): Promise<void> {
      model.close();
      await device.closeAsync();
    },
  });
}
