import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { runDecode } from "./decode.ts";
import {
  createDecoder,
  decoderFromSetting,
  decoderNames,
  goldenFamilies,
} from "./registry.ts";
import { toyModel, toyPrompt } from "./toy_model.ts";

Deno.test("decoderNames lists every decoder once", () => {
  assertEquals(decoderNames().toSorted(), [
    "autoregressive",
    "d2f",
    "dparallel-dream",
    "dparallel-llada",
    "dream-vanilla",
    "fast-dllm-dream",
    "fast-dllm-dream-canvas",
    "fast-dllm-llada",
    "llada-vanilla",
    "lopa",
    "lopa-canvas",
  ]);
});

Deno.test("createDecoder makes lopa-canvas of JSON: whole canvases, one per branch, unlike lopa", async () => {
  const toy = { seed: 3, promptLength: 7 };
  const options = { lookaheads: 2, blockSize: 8, maxNewTokens: 16 };
  const steps = async (name: string) => {
    const decoder = createDecoder({ name, options });
    return (await runDecode(toyModel(toy), decoder, toyPrompt(toy))).steps;
  };
  const canvas = await steps("lopa-canvas");
  for (const { positions, branches, window } of canvas) {
    assertEquals(window, { start: 0, length: 7 + 16 });
    assertEquals(positions, branches.length * window.length);
  }
  assertEquals(canvas.at(1)?.branches.length, 3);
  assertNotEquals(canvas, await steps("lopa"));
});

Deno.test("createDecoder makes every named decoder with complete options", () => {
  for (const name of decoderNames()) {
    const decoder = createDecoder({ name, options: { maxNewTokens: 64 } });
    assertEquals(decoder.name, name);
    assertEquals(decoder.options.maxNewTokens, 64);
    const copy = JSON.parse(JSON.stringify(decoder.options));
    assertEquals(
      createDecoder({ name, options: copy }).options,
      decoder.options,
    );
    assertEquals(createDecoder({ name }).name, name);
  }
});

Deno.test("createDecoder names an unknown decoder and an unknown option", () => {
  assertThrows(
    () => createDecoder({ name: "toString" }),
    TypeError,
    'there is no decoder "toString"; the decoders are dream-vanilla,',
  );
  assertThrows(
    () => createDecoder({ name: "llada-vanilla", options: { lenght: 8 } }),
    TypeError,
    'llada-vanilla: there is no option "lenght"',
  );
});

Deno.test("goldenFamilies lists the recorded families and decoderFromSetting names an unknown one", () => {
  assertEquals(goldenFamilies().toSorted(), [
    "diffucoder",
    "dream-d2f-single",
    "dream-dparallel",
    "dream-fastdllm",
    "dream-lopa",
    "dream-vanilla",
    "llada-d2f-single",
    "llada-dparallel",
    "llada-fastdllm",
    "llada-vanilla",
  ]);
  const reference = { repo: "", function: "" };
  assertThrows(
    () => decoderFromSetting("dream-other", {}, { reference }),
    TypeError,
    'the family "dream-other"; the families are',
  );
});
