import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseNpy } from "./npy.ts";

function npy(
  header: string,
  { data = new Float32Array(0), version = 1 } = {},
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const begin = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(begin + text.length + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, text.length]);
  bytes.set(text, begin);
  bytes.set(new Uint8Array(data.buffer), begin + text.length);
  return bytes;
}

const HEADER =
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n";
const DATA = Float32Array.of(1, 2, 3, 4, 5, 6.5);

Deno.test("parseNpy: shapes and values, all format versions", () => {
  for (const version of [1, 2, 3]) {
    const array = parseNpy(npy(HEADER, { data: DATA, version }), "a.npy");
    assertEquals(array, { shape: [2, 3], data: DATA });
  }
  const one = HEADER.replace("(2, 3)", "(6,)");
  assertEquals(parseNpy(npy(one, { data: DATA }), "a.npy").shape, [6]);
  const scalar = HEADER.replace("(2, 3)", "()");
  const data = Float32Array.of(7);
  assertEquals(parseNpy(npy(scalar, { data }), "a.npy"), { shape: [], data });
});

Deno.test("parseNpy: other types, orders, versions and damaged files are named", () => {
  const good = npy(HEADER, { data: DATA });
  const cases: [Uint8Array<ArrayBuffer>, string][] = [
    [npy(HEADER.replace("<f4", "<f8"), { data: DATA }), "type <f8"],
    [npy(HEADER.replace("False", "True"), { data: DATA }), "C order"],
    [npy(HEADER, { data: DATA, version: 4 }), "format version 4"],
    [npy(HEADER.replace("(2, 3)", "(2, 4)"), { data: DATA }), "(2, 4)"],
    [npy("{}", { data: DATA }), 'header "{}"'],
    [new Uint8Array(20), "not a .npy file"],
  ];
  for (const [bytes, text] of cases) {
    assertThrows(() => parseNpy(bytes, "a.npy"), SyntaxError, text);
  }
  fc.assert(
    fc.property(fc.nat({ max: good.length - 1 }), (length) => {
      assertThrows(
        () => parseNpy(good.slice(0, length), "cut"),
        SyntaxError,
        "cut: ",
      );
    }),
  );
});
