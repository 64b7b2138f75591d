/**
 * The program that runs generated code, in a Deno process without any permission. It reads one request per line and answers
 * with one line each; it knows inputs, never what is expected.
 *
 * @module
 */
import { createContext, runInContext, Script } from "node:vm";
import { TextLineReader } from "./sandbox_lines.ts";
import { MAX_LINE, type SandboxRequest } from "./sandbox_protocol.ts";

/**
 * First script of every realm. It takes away what can print, wait, or hold memory outside of the capped heap, keeps the functions
 * that it needs before the program can change them, and returns a caller that turns everything into text: `=` and JSON, or `!`
 * and a reason.
 */
const PRELUDE = `(() => {
  "use strict";
  for (const name of ["console", "queueMicrotask", "WebAssembly", "Atomics", "ArrayBuffer", "SharedArrayBuffer", "DataView",
    "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
    "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array"]) {
    delete globalThis[name];
  }
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { isFinite } = Number;
  const { apply } = Reflect;
  const LARGEST = ${MAX_LINE / 16};
  const write = (value, depth) => {
    if (typeof value === "boolean" || typeof value === "string") return stringify(value);
    if (typeof value === "number" && isFinite(value)) return stringify(value);
    if (!isArray(value) || depth > 8) throw "returns what is no number, text, truth value or list";
    let text = "[";
    const { length } = value;
    for (let i = 0; i < length; i++) {
      text += (i > 0 ? "," : "") + write(value[i], depth + 1);
      if (text.length > LARGEST) throw "returns too much";
    }
    return text + "]";
  };
  return (f, input) => {
    try {
      const text = write(apply(f, undefined, parse(input)), 0);
      return text.length > LARGEST ? "!returns too much" : "=" + text;
    } catch (error) {
      try {
        return "!" + (typeof error === "string" ? error : "throws " + error.name + ": " + error.message);
      } catch {
        return "!throws";
      }
    }
  };
})()`;

/** Runs a program in a realm of its own. */
function evaluate({ source, functionName, inputs }: SandboxRequest): string[] {
  const realm = createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
  });
  const call = runInContext(PRELUDE, realm);
  let script: Script;
  try {
    script = new Script(`"use strict";\n${source}`);
  } catch {
    return ["!is no JavaScript"];
  }
  try {
    script.runInContext(realm);
  } catch {
    return ["!throws before it is called"];
  }
  const target = runInContext(
    `typeof ${functionName} === "function" ? ${functionName} : null`,
    realm,
  );
  if (target === null) return [`!defines no function ${functionName}`];
  return inputs.map((input) => {
    const text: unknown = call(target, input);
    return typeof text === "string" ? text : "!answers nothing";
  });
}

if (import.meta.main) {
  const encoder = new TextEncoder();
  const say = (message: unknown) => {
    const bytes = encoder.encode(JSON.stringify(message) + "\n");
    for (let done = 0; done < bytes.length;) {
      done += Deno.stdout.writeSync(bytes.subarray(done));
    }
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
  });
  say({ ready: true });
  const lines = new TextLineReader(Deno.stdin.readable, Infinity);
  for (
    let line = await lines.next();
    line !== null;
    line = await lines.next()
  ) {
    const request = JSON.parse(line) as SandboxRequest;
    let results: string[];
    try {
      results = evaluate(request);
    } catch {
      results = ["!cannot be run"];
    }
    say({ nonce: request.nonce, results });
  }
}
