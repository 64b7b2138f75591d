/**
 * How functions of `code-mini` are written down: names of arguments and the shell around a body. All on one line, one way to
 * space it.
 *
 * @module
 */
import type { Body, CodeSpec } from "./code_parts.ts";
import type { Draw } from "./draw.ts";

/** Names that a problem may ask its function to have. */
export const FUNCTION_NAMES: readonly string[] = [
  "calc",
  "run",
  "solve",
  "work",
  "apply",
  "make",
  "get",
  "find",
  "process",
  "convert",
  "compute",
  "update",
  "handle",
  "build",
  "scan",
  "step",
  "main",
  "task",
  "job",
  "util",
  "parse",
  "query",
  "visit",
  "serve",
];

const ARGUMENTS = {
  number: ["n", "x", "num", "value"],
  list: ["xs", "list", "items", "arr"],
  text: ["s", "text", "str", "word"],
};

const PAIRS = [["a", "b"], ["x", "y"], ["p", "q"]] as const;

function drawArguments(draw: Draw, spec: CodeSpec): readonly string[] {
  if (spec.parameters.length === 2) return draw.pick(PAIRS);
  return spec.parameters.map((kind) => draw.pick(ARGUMENTS[kind]));
}

function shell(draw: Draw, { name, list, body }: {
  readonly name: string;
  readonly list: string;
  readonly body: Body;
}): string {
  if ("statements" in body) {
    return draw.chance(0.6)
      ? `function ${name}(${list}) { ${body.statements} }`
      : `const ${name} = (${list}) => { ${body.statements} };`;
  }
  const { expression } = body;
  return draw.weighted([
    [`function ${name}(${list}) { return ${expression}; }`, 5],
    [`const ${name} = (${list}) => ${expression};`, 3],
    [
      `function ${name}(${list}) { const res = ${expression}; return res; }`,
      2,
    ],
  ]);
}

/** One of several equivalent sources of the function. */
export function writeFunction(
  draw: Draw,
  { spec, name }: { readonly spec: CodeSpec; readonly name: string },
): string {
  const names = drawArguments(draw, spec);
  const body = spec.implement(draw, names);
  return shell(draw, { name, list: names.join(", "), body });
}
