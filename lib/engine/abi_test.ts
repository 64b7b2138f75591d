import { assertEquals } from "@std/assert";
import { readHeader } from "./_header.ts";
import * as abi from "./abi.ts";

const { constants } = readHeader();

function codes(
  names: readonly string[],
  prefix: string,
): (number | undefined)[] {
  const snake = (name: string) =>
    name.replace("512bf16", "512_bf16").replace(/[A-Z]/g, "_$&").toUpperCase();
  return names.map((name) => constants.get(prefix + snake(name)));
}

Deno.test("abi constants equal the header's", () => {
  assertEquals(abi.ABI_VERSION, constants.get("DLLM_ABI_VERSION"));
  assertEquals(abi.MAGIC, constants.get("DLLM_MAGIC"));
  assertEquals(abi.SEGMENT_WORDS, constants.get("DLLM_SEGMENT_WORDS"));
  assertEquals(abi.REQUEST_WORDS, constants.get("DLLM_REQUEST_WORDS"));
  assertEquals(abi.LOSS_WORDS, constants.get("DLLM_LOSS_WORDS"));
  assertEquals(abi.ADAMW_WORDS, constants.get("DLLM_ADAMW_WORDS"));
  for (
    const [table, prefix] of [
      [abi.DTYPE_CODES, "DLLM_"],
      [abi.ISA_CODES, "DLLM_ISA_"],
      [abi.OP_CODES, "DLLM_OP_"],
      [abi.EPILOGUE_CODES, "DLLM_EPILOGUE_"],
      [abi.CONFIDENCE_FLAGS, "DLLM_CONFIDENCE_"],
      [abi.LOSS_FLAGS, "DLLM_LOSS_"],
    ] as const
  ) {
    assertEquals(Object.values(table), codes(Object.keys(table), prefix));
  }
});

Deno.test("abi tables miss no code of the header", () => {
  const count = (prefix: string) =>
    [...constants.keys()].filter((key) =>
      key.startsWith(prefix) && !key.endsWith("_WORDS")
    ).length;
  assertEquals(Object.keys(abi.OP_CODES).length, count("DLLM_OP_"));
  assertEquals(Object.keys(abi.ISA_CODES).length, count("DLLM_ISA_"));
  assertEquals(Object.keys(abi.EPILOGUE_CODES).length, count("DLLM_EPILOGUE_"));
  assertEquals(
    Object.keys(abi.CONFIDENCE_FLAGS).length,
    count("DLLM_CONFIDENCE_"),
  );
  assertEquals(Object.keys(abi.LOSS_FLAGS).length, count("DLLM_LOSS_"));
});

Deno.test("STATUS_NAMES are the header's statuses in order", () => {
  assertEquals(
    abi.STATUS_NAMES.map((name) => constants.get(`DLLM_${name}`)),
    abi.STATUS_NAMES.map((_, code) => code),
  );
});
