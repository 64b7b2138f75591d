import { assert, assertEquals } from "@std/assert";
import { readHeader } from "./_header.ts";
import { SYMBOLS } from "./symbols.ts";

const NATIVE_TYPES: Record<string, string> = {
  uint32_t: "u32",
  uint64_t: "u64",
  double: "f64",
  dllm_status: "i32",
};

function nativeType(cType: string): string {
  return cType.endsWith("*") ? "buffer" : NATIVE_TYPES[cType]!;
}

const header = readHeader();
const table: Record<string, Deno.ForeignFunction> = SYMBOLS;

Deno.test("SYMBOLS names every function of the header and no other", () => {
  const named = new Set(
    Object.entries(table).map(([key, symbol]) => symbol.name ?? key),
  );
  assertEquals([...named].sort(), [...header.functions.keys()].sort());
});

Deno.test("SYMBOLS has the header's parameter and result types", () => {
  for (const [key, symbol] of Object.entries(table)) {
    const declared = header.functions.get(symbol.name ?? key)!;
    assertEquals<unknown>(
      symbol.parameters,
      declared.parameters.map((field) => nativeType(field.type)),
      key,
    );
    assertEquals<unknown>(symbol.result, nativeType(declared.result), key);
  }
});

Deno.test("SYMBOLS comments each parameter with the header's C type and name", async () => {
  const source = await Deno.readTextFile(
    new URL("./symbols.ts", import.meta.url),
  );
  const comments = new Set(
    [...source.matchAll(/"(?:buffer|u64|u32|f64)", \/\/ (.*)/g)].map((match) =>
      match[1]!
    ),
  );
  for (const { parameters } of header.functions.values()) {
    for (const { type, name } of parameters) {
      const text = type.endsWith("*") ? `${type}${name}` : `${type} ${name}`;
      assert(comments.has(text), `no parameter is commented "${text}"`);
    }
  }
});
