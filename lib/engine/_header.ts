/** Reads what the tests compare out of `ffi/dllm.h`: just enough of C for this one header. Used by tests only. */

/** One parameter or struct field. */
export interface HeaderField {
  readonly type: string;
  readonly name: string;
}

/** What the header declares. */
export interface Header {
  readonly functions: Map<
    string,
    { result: string; parameters: HeaderField[] }
  >;
  /** Fields of every struct, in order; `a, b` lists taken apart. */
  readonly structs: Map<string, HeaderField[]>;
  /** Values of enums and of numeric defines. */
  readonly constants: Map<string, number>;
}

function fieldsOf(declaration: string): HeaderField[] {
  const match = declaration.trim().match(/^((?:const )?\w+)\s+(.*)$/s);
  if (!match) throw new SyntaxError(`Cannot read "${declaration}"`);
  const [, base, names] = match;
  return names!.split(",").map((text) => {
    const pointer = text.includes("*");
    return {
      type: pointer ? `${base} *` : base!,
      name: text.replace("*", "").trim(),
    };
  });
}

/** Parses the text of the header. */
export function parseHeader(text: string): Header {
  const constants = new Map<string, number>();
  for (
    const [, name, value] of text.matchAll(
      /#define (DLLM_\w+) (0x[0-9a-f]+|\d+)u?\b/g,
    )
  ) {
    constants.set(name!, Number(value));
  }
  const code = text.replace(/\/\*.*?\*\//gs, "").replace(/^#.*$/gm, "");
  for (const [, body] of code.matchAll(/enum\s*\{(.*?)\}/gs)) {
    for (const [, name, value] of body!.matchAll(/(\w+)\s*=\s*(\d+)/g)) {
      constants.set(name!, Number(value));
    }
  }
  const structs = new Map<string, HeaderField[]>();
  for (
    const [, body, name] of code.matchAll(
      /typedef struct \w+ \{(.*?)\} (\w+);/gs,
    )
  ) {
    structs.set(
      name!,
      body!.split(";").filter((line) => line.trim() !== "").flatMap(fieldsOf),
    );
  }
  const functions: Header["functions"] = new Map();
  const signature = /DLLM_API (\w+) (\w+)\((.*?)\)\s*DLLM_NOEXCEPT;/gs;
  for (const [, result, name, list] of code.matchAll(signature)) {
    const parameters = list === "void"
      ? []
      : list!.split(",").flatMap(fieldsOf);
    functions.set(name!, { result: result!, parameters });
  }
  return { functions, structs, constants };
}

/** Reads and parses the headers of this repository. */
export function readHeader(): Header {
  const texts = ["dllm.h", "dllm_training.h", "dllm_parallel.h"].map((name) =>
    Deno.readTextFileSync(new URL(`../../ffi/${name}`, import.meta.url))
  );
  return parseHeader(texts.join("\n"));
}

const SIZES: Record<string, number> = {
  uint32_t: 4,
  int32_t: 4,
  float: 4,
  uint64_t: 8,
  double: 8,
};

/** Byte offset of every leaf field of a struct under C's natural alignment, nested names joined by dots, and the size. */
export function structLayout(
  header: Header,
  name: string,
): { offsets: Map<string, number>; size: number; align: number } {
  const offsets = new Map<string, number>();
  let size = 0;
  let align = 1;
  for (const field of header.structs.get(name)!) {
    const scalar = SIZES[field.type];
    const inner = scalar === undefined
      ? structLayout(header, field.type)
      : undefined;
    const fieldAlign = inner?.align ?? scalar!;
    size = Math.ceil(size / fieldAlign) * fieldAlign;
    if (inner) {
      for (const [key, at] of inner.offsets) {
        offsets.set(`${field.name}.${key}`, size + at);
      }
    } else offsets.set(field.name, size);
    size += inner?.size ?? scalar!;
    align = Math.max(align, fieldAlign);
  }
  return { offsets, size: Math.ceil(size / align) * align, align };
}
