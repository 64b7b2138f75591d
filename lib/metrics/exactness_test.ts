/** A trace replays without a model: same canvas, same bytes, same metrics as the run that wrote it. */
import { unwrittenId } from "../decoding/model_kind.ts";
import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { nativeTest } from "../engine/_fixture.ts";
import {
  DTYPES,
  observe,
  openDevice,
  promptOf,
  tinyCasesOf,
  withModel,
} from "../decoding/_exactness.ts";
import { decoderChoices, decodersOf } from "../decoding/_exactness_decoders.ts";
import { replayResult } from "../decoding/replay.ts";
import { parseTrace } from "../decoding/trace_reader.ts";
import { traceText } from "../decoding/trace_writer.ts";
import { measure } from "./metrics.ts";

for (const dtype of DTYPES) {
  nativeTest(
    `every decoder: replay = run, from the canvas to the metrics (${dtype})`,
    async () => {
      using device = await openDevice();
      let measured = 0;
      await fc.assert(
        fc.asyncProperty(
          tinyCasesOf("dream", "llada", "qwen2"),
          decoderChoices,
          (given, choice) =>
            withModel(given, { device, dtype }, async (model) => {
              const prompt = promptOf(given);
              for (const decoder of decodersOf(given.shape.family, choice)) {
                const { trace } = await observe(model, decoder, prompt);
                const text = traceText(trace);
                const read = parseTrace(text);
                assertEquals(
                  [...replayResult(read)],
                  [...prompt, ...trace.result.ids],
                );
                assertEquals(traceText(read), text);
                const metrics = measure([trace]);
                assertEquals(measure([read]), metrics);
                assert(!trace.result.ids.includes(unwrittenId(model.spec)));
                measured += metrics.filter(({ value }) =>
                  value !== null
                ).length;
              }
            }),
        ),
        { seed: 9, numRuns: 25 },
      );
      assertGreater(measured, 500, "hardly any metric applied");
    },
  );
}
