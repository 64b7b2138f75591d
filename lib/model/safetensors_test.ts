import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  encodeSafetensors,
  safetensorsFile,
  type StoredTensor,
} from "./_checkpoint_files.ts";
import { SafetensorsError } from "./errors.ts";
import {
  headerLength,
  MAX_HEADER_BYTES,
  parseHeader,
  type TensorEntry,
} from "./safetensors.ts";

/** Parses a whole file held in memory. */
function parse(file: Uint8Array): Map<string, TensorEntry> {
  const where = { file: "a.safetensors", fileBytes: file.length };
  const length = headerLength(file.subarray(0, 8), where);
  return parseHeader(file.subarray(8, 8 + length), where);
}

function refuses(file: Uint8Array, message: string): void {
  const error = assertThrows(() => parse(file), SafetensorsError, message);
  assertEquals(error.file, "a.safetensors");
}

const entry = (changes: Record<string, unknown> = {}) => ({
  dtype: "F32",
  shape: [2, 3],
  data_offsets: [0, 24],
  ...changes,
});
const data = new Uint8Array(24);

Deno.test("parseHeader gives type, shape and place of every tensor, in file order", () => {
  const file = safetensorsFile(
    {
      __metadata__: { format: "pt" },
      b: entry({ dtype: "BF16", data_offsets: [24, 36] }),
      a: entry(),
    },
    new Uint8Array(36),
  );
  const start = file.length - 36;
  assertEquals([...parse(file).values()], [
    { name: "a", type: "F32", shape: [2, 3], offset: start, bytes: 24 },
    { name: "b", type: "BF16", shape: [2, 3], offset: start + 24, bytes: 12 },
  ]);
});

Deno.test("parseHeader accepts trailing spaces, scalars and empty tensors", () => {
  const header = JSON.stringify({
    s: entry({ shape: [], data_offsets: [0, 4] }),
    e: entry({ shape: [0, 3], data_offsets: [4, 4] }),
  });
  const found = parse(safetensorsFile(`${header}   `, new Uint8Array(4)));
  assertEquals([...found.keys()], ["s", "e"]);
});

Deno.test("headerLength refuses files that are too short, and headers that are too long", () => {
  refuses(new Uint8Array(0), "0 bytes are too few");
  refuses(new Uint8Array(7), "7 bytes are too few");
  const announced = (length: bigint) => {
    const file = new Uint8Array(100);
    new DataView(file.buffer).setBigUint64(0, length, true);
    return file;
  };
  refuses(
    announced(93n),
    "a header of 93 bytes is announced, but the file has only 100",
  );
  refuses(
    announced(BigInt(MAX_HEADER_BYTES + 1)),
    "at most 100000000 are allowed",
  );
  refuses(announced(2n ** 64n - 1n), "at most 100000000 are allowed");
});

Deno.test("parseHeader refuses headers that are no JSON object of distinct tensors", () => {
  refuses(safetensorsFile("{", data), "no valid UTF-8 JSON");
  refuses(safetensorsFile("\u0000{}", data), "no valid UTF-8 JSON");
  refuses(safetensorsFile([entry()], data), "no JSON object");
  refuses(safetensorsFile("null", data), "no JSON object");
  const twice = `{"a":${JSON.stringify(entry())},"a":${
    JSON.stringify(entry())
  }}`;
  refuses(safetensorsFile(twice, data), 'names "a" twice');
  refuses(
    safetensorsFile(`{"a":{"dtype":"F32","dtype":"F16"}}`, data),
    'names "dtype" twice',
  );
});

Deno.test("parseHeader refuses lying entries", () => {
  const faults: [Record<string, unknown>, string][] = [
    [{ dtype: "I64" }, 'dtype "I64" is not among F32, BF16, F16'],
    [{ dtype: "toString" }, "is not among"],
    [{ dtype: undefined }, "dtype undefined"],
    [{ shape: [2, -3] }, "no list of sizes"],
    [{ shape: [2, 3.5] }, "no list of sizes"],
    [{ shape: "2,3" }, "no list of sizes"],
    [{ shape: [2, 4] }, "takes 32 bytes, but data_offsets [0,24] hold 24"],
    [{ shape: [2 ** 40, 2 ** 40] }, "but data_offsets"],
    [{ data_offsets: [24, 0] }, "but data_offsets"],
    [{ data_offsets: [0] }, "no pair of byte positions"],
    [{ data_offsets: [0, 24, 48] }, "no pair of byte positions"],
    [{ data_offsets: ["0", "24"] }, "no pair of byte positions"],
  ];
  for (const [change, message] of faults) {
    refuses(safetensorsFile({ a: entry(change) }, data), message);
  }
  refuses(safetensorsFile({ a: 3 }, data), "no JSON object");
});

Deno.test("parseHeader refuses gaps, overlaps, missing and trailing bytes", () => {
  const two = (begin: number, end: number) => ({
    a: entry(),
    b: entry({ data_offsets: [begin, end] }),
  });
  refuses(
    safetensorsFile(two(28, 52), new Uint8Array(52)),
    'tensor "b" leaves a gap',
  );
  refuses(
    safetensorsFile(two(20, 44), new Uint8Array(44)),
    'tensor "b" overlaps',
  );
  refuses(
    safetensorsFile({ a: entry() }, new Uint8Array(25)),
    "belong to no tensor",
  );
  refuses(safetensorsFile({ a: entry() }, new Uint8Array(23)), "cut short");
});

const tensor = fc.record({
  dtype: fc.constantFrom("F32" as const, "BF16" as const, "F16" as const),
  shape: fc.array(fc.nat(5), { maxLength: 3 }),
}).map(({ dtype, shape }): StoredTensor => ({
  dtype,
  shape,
  bytes: new Uint8Array(shape.reduce((a, b) => a * b, dtype === "F32" ? 4 : 2)),
}));
const tensors = fc.dictionary(fc.string({ minLength: 1 }), tensor, {
  maxKeys: 6,
}).map((record) => {
  delete record["__metadata__"];
  return new Map(Object.entries(record));
});

Deno.test("parseHeader reads back whatever a well-formed file holds", () => {
  fc.assert(fc.property(tensors, (written) => {
    const read = parse(encodeSafetensors(written));
    assertEquals(new Set(read.keys()), new Set(written.keys()));
    for (const [name, { dtype, shape, bytes }] of written) {
      const { offset: _, ...found } = read.get(name)!;
      assertEquals(found, { name, type: dtype, shape, bytes: bytes.length });
    }
  }));
});

Deno.test("parseHeader of a damaged file gives ranges within the file, or a SafetensorsError", () => {
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(tensors, damage, fc.nat(40), (written, bytes, cut) => {
      const file = encodeSafetensors(written).slice(0, -cut || undefined);
      for (const [at, value] of bytes) {
        if (file.length > 0) file[at % file.length] = value;
      }
      try {
        for (const { offset, bytes } of parse(file).values()) {
          assertEquals(offset >= 8 && offset + bytes <= file.length, true);
        }
      } catch (error) {
        assertInstanceOf(error, SafetensorsError);
      }
    }),
    { numRuns: 2000 },
  );
});
