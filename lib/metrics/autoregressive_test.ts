import { assertEquals } from "@std/assert";
import { observe } from "../decoding/_exactness.ts";
import { autoregressive } from "../decoding/autoregressive.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import { ReferenceModel } from "../model/reference_model.ts";
import { measure } from "./metrics.ts";

Deno.test("the autoregressive decoder writes one token per forward and computes each position once", async () => {
  const shape = { ...SHAPES.tiny, family: "qwen2" } as const;
  const model = new ReferenceModel(randomSource(shape));
  const prompt = Int32Array.of(4, 9, 2, 7, 7);
  const decoder = autoregressive({ maxNewTokens: 8 });
  const { trace } = await observe(model, decoder, prompt);
  const metric = (id: string) =>
    measure([trace]).find((one) => one.id === id)!.value;
  const written = trace.result.ids.length;
  for (const id of ["tpf.canvas", "tpf.committed", "cost.tokens-per-call"]) {
    assertEquals(metric(id), 1);
  }
  assertEquals(metric("cost.positions-per-token"), (4 + written) / written);
  assertEquals(metric("cost.branches-per-forward"), 1);
});
