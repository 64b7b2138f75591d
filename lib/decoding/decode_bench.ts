/**
 * Where the time of a decode goes: the share spent outside the native library, in the decoder, the driver and the calls across the
 * boundary. Random weights decide nothing worth reading, but a low threshold makes them fill several tokens per forward.
 */
import { Device } from "../engine/mod.ts";
import { NativeModel } from "../model/native_model.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { d2f } from "./d2f.ts";
import { runDecode } from "./decode.ts";
import { lopa } from "./lopa.ts";

const PROMPT = Int32Array.from({ length: 64 }, (_, i) => i % 90);
const OPTIONS = {
  maxNewTokens: 128,
  blockSize: 64,
  addThreshold: 1,
  confidenceThreshold: 0.2,
};
const DECODERS = [d2f(OPTIONS), lopa({ ...OPTIONS, lookaheads: 7 })];

/** Decodes before those that count, so that the code is compiled. */
const WARM_UP = 20;

const device = await Device.open();

for (const shape of ["tiny", "small"] as const) {
  const model = await NativeModel.create(
    randomSource(SHAPES[shape], { sharpness: 3 }),
    { device },
  );
  for (const decoder of DECODERS) {
    const name = `${shape}, ${decoder.name}`;
    const outside: number[] = [], native: number[] = [];
    let runs = 0;
    Deno.bench({
      group: "decode",
      name,
      n: 30,
      warmup: WARM_UP,
      async fn() {
        runs++;
        await runDecode(model, decoder, PROMPT, {
          maxPositions: PROMPT.length + OPTIONS.maxNewTokens,
          onTiming({ wallMs, nativeMs = 0 }) {
            if (runs <= WARM_UP) return;
            outside.push(wallMs - nativeMs);
            native.push(nativeMs);
          },
        });
      },
    });
    globalThis.addEventListener("unload", () => {
      if (native.length === 0) return;
      const middle = (values: number[]) =>
        values.toSorted((a, b) => a - b)[values.length >> 1]!;
      const total = (values: number[]) => values.reduce((a, b) => a + b);
      const micros = (ms: number) => `${(1000 * ms).toFixed(0)} us`;
      const share = (out: number, inside: number) =>
        `${(100 * out / (out + inside)).toFixed(1)}%`;
      const [out, inside] = [middle(outside), middle(native)];
      console.log(
        `${name}: outside the library ${
          share(total(outside), total(native))
        } of all time; per forward ${micros(inside)} inside and ${
          micros(out)
        } outside (medians, ${share(out, inside)})`,
      );
    });
  }
}
