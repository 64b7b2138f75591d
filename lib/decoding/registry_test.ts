import { assertEquals, assertThrows } from "@std/assert";
import {
  createDecoder,
  decoderFromSetting,
  decoderNames,
  goldenFamilies,
} from "./registry.ts";

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
