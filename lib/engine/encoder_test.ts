import { assertEquals, assertThrows } from "@std/assert";
import { readHeader, structLayout } from "./_header.ts";
import { OP_CODES, type OpName } from "./abi.ts";
import { CommandEncoder } from "./encoder.ts";
import {
  HEADER_BYTES,
  OP_FIELDS,
  type OpOptions,
  payloadBytes,
  RECORD_BYTES,
} from "./ops.ts";

const header = readHeader();
const OPS = Object.keys(OP_CODES) as OpName[];

function structOf(name: OpName): string {
  return `dllm_${name.replace(/[A-Z]/g, "_$&").toLowerCase()}`;
}

/** Name of the header's struct field that a field of the table stands for. */
function fieldName(field: string): string {
  const renamed = field === "input" ? "in" : field;
  return renamed.replace(/[A-Z]/g, "_$&").toLowerCase();
}

Deno.test("OP_FIELDS has the header's fields at the header's offsets", () => {
  for (const name of OPS) {
    const { offsets, size } = structLayout(header, structOf(name));
    const expected = new Map<string, number>();
    let at = 0;
    for (const [field, kind] of OP_FIELDS[name] as [string, string][]) {
      if (kind === "ref") {
        expected.set(`${fieldName(field)}.buffer`, at);
        expected.set(`${fieldName(field)}.offset`, at + 8);
      } else expected.set(fieldName(field), at);
      at += { ref: 16, id: 8, u64: 8, u32: 4, f32: 4, zero: 4 }[kind]!;
    }
    assertEquals(expected, offsets, name);
    assertEquals(payloadBytes(name), size, name);
  }
  assertEquals(HEADER_BYTES, structLayout(header, "dllm_header").size);
  assertEquals(RECORD_BYTES, structLayout(header, "dllm_record").size);
});

/** Options with a different value in every field, the f32 ones excepted. */
function numbered(name: OpName): Record<string, unknown> {
  let next = 1;
  return Object.fromEntries(
    OP_FIELDS[name].filter(([, kind]) => kind !== "zero").map(
      ([field, kind]) => {
        if (field === "epilogue") return [field, "swiglu"];
        if (kind === "f32") return [field, 0.5];
        if (kind === "ref") {
          return [field, { id: BigInt(next++), offset: 4 * next++ }];
        }
        return [field, kind === "id" ? { id: BigInt(next++) } : next++];
      },
    ),
  );
}

Deno.test("CommandEncoder writes every field where the header puts it", () => {
  for (const name of OPS) {
    const encoder = new CommandEncoder({ params: { id: 7n } });
    const options = numbered(name);
    (encoder[name] as (options: unknown) => void)(options);
    const view = new DataView(encoder.finish().buffer);
    assertEquals(view.getUint32(HEADER_BYTES, true), OP_CODES[name]);
    assertEquals(
      view.getUint32(HEADER_BYTES + 4, true),
      view.byteLength - HEADER_BYTES,
    );
    const { offsets } = structLayout(header, structOf(name));
    for (const [field, kind] of OP_FIELDS[name] as [string, string][]) {
      const at = (path: string) =>
        HEADER_BYTES + RECORD_BYTES + offsets.get(path)!;
      const value = options[field] as { id: bigint; offset: number } & number;
      const key = fieldName(field);
      if (kind === "ref") {
        assertEquals(view.getBigUint64(at(`${key}.buffer`), true), value.id);
        assertEquals(
          view.getBigUint64(at(`${key}.offset`), true),
          BigInt(value.offset),
        );
      } else if (kind === "id") {
        assertEquals(view.getBigUint64(at(key), true), value.id);
      } else if (kind === "f32") {
        assertEquals(view.getFloat32(at(key), true), 0.5);
      } else if (kind === "u64") {
        assertEquals(view.getBigUint64(at(key), true), BigInt(value));
      } else if (kind === "zero") {
        assertEquals(view.getUint32(at(key), true), 0);
      } else {assertEquals(
          view.getUint32(at(key), true),
          field === "epilogue" ? 1 : value,
        );}
    }
  }
});

const NORM: OpOptions["rmsNorm"] = {
  input: { id: 1n },
  gain: { id: 2n },
  out: { id: 1n },
  width: 8,
  inStride: 8,
  outStride: 8,
  rowsAt: 0,
  maxRows: 4,
  eps: 1e-6,
};

Deno.test("CommandEncoder.finish() writes the header's fields", () => {
  const encoder = new CommandEncoder({
    params: { id: 3n },
    output: { id: 4n, offset: 64 },
  });
  for (let i = 0; i < 40; i++) encoder.rmsNorm(NORM);
  assertEquals(encoder.records, 40);
  const view = new DataView(encoder.finish().buffer);
  const { offsets } = structLayout(header, "dllm_header");
  const word = (name: string) => view.getUint32(offsets.get(name)!, true);
  const long = (name: string) => view.getBigUint64(offsets.get(name)!, true);
  assertEquals(word("magic"), header.constants.get("DLLM_MAGIC"));
  assertEquals(word("abi"), header.constants.get("DLLM_ABI_VERSION"));
  assertEquals(word("records"), 40);
  assertEquals([long("params"), long("output"), long("output_offset")], [
    3n,
    4n,
    64n,
  ]);
  assertEquals(
    view.byteLength,
    HEADER_BYTES + 40 * (RECORD_BYTES + payloadBytes("rmsNorm")),
  );
});

Deno.test("CommandEncoder writes an absent reference as zeros", () => {
  const encoder = new CommandEncoder({ params: { id: 3n } });
  encoder.matmul({
    input: { id: 1n },
    out: { id: 2n },
    weight: { id: 5n },
    inStride: 8,
    outStride: 8,
    outCols: 8,
    rowsAt: 0,
    maxRows: 1,
  });
  const view = new DataView(encoder.finish().buffer);
  const { offsets } = structLayout(header, "dllm_matmul");
  for (
    const name of [
      "bias.buffer",
      "bias.offset",
      "residual.buffer",
      "residual.offset",
    ]
  ) {
    const at = HEADER_BYTES + RECORD_BYTES + offsets.get(name)!;
    assertEquals(view.getBigUint64(at, true), 0n);
  }
});

Deno.test("CommandEncoder refuses numbers that do not fit their field", () => {
  const encoder = new CommandEncoder({ params: { id: 3n } });
  for (const width of [-1, 1.5, 2 ** 32, NaN]) {
    assertThrows(
      () => encoder.rmsNorm({ ...NORM, width }),
      RangeError,
      `Cannot record rmsNorm: width is ${width}`,
    );
  }
  assertThrows(
    () => encoder.rmsNorm({ ...NORM, eps: NaN }),
    RangeError,
    "eps is NaN",
  );
  assertEquals(encoder.records, 0);
});
