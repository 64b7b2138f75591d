import { assert, assertEquals, assertMatch } from "@std/assert";
import { Sandbox, type SandboxOptions } from "./sandbox.ts";
import { TextLineReader } from "./sandbox_lines.ts";
import { readReply } from "./sandbox_protocol.ts";

const CASES = [{ input: [3], expected: 8 }, { input: [-1], expected: 4 }];
const RIGHT = "const calc = (n) => n + 5;";

/** Judges programs that all have to add 5. */
async function judgeAll(
  sources: readonly string[],
  options: SandboxOptions = {},
): Promise<(string | null)[]> {
  const sandbox = new Sandbox({ processes: 1, ...options });
  try {
    const reasons = [];
    for (const source of sources) {
      reasons.push(
        await sandbox.judge({ source, functionName: "calc", cases: CASES }),
      );
    }
    return reasons;
  } finally {
    await sandbox.close();
  }
}

/** Wrong programs, and what their verdict has to match. Each is followed by a right one, in the same sandbox. */
const WRONG: Record<string, readonly [source: string, reason: RegExp]> = {
  "a wrong value": ["const calc = (n) => n + 6;", /calc\(3\) gives 9, not 8/],
  "a syntax error": ["function calc(n) { return n + ; }", /no JavaScript/],
  "nothing": ["", /defines no function calc/],
  "another name": ["const calk = (n) => n + 5;", /defines no function calc/],
  "no function": ["const calc = 5;", /defines no function calc/],
  "throwing": ["const calc = (n) => { throw new Error(n); };", /throws Error/],
  "throwing a trap": [
    "const calc = () => { throw { get name() { throw 1; } }; };",
    /^throws$/,
  ],
  "throwing at once": ["throw 1; const calc = (n) => n + 5;", /before/],
  "an endless recursion": ["const calc = (n) => calc(n) + 5;", /RangeError/],
  "printing": [
    "const calc = (n) => { console.log('x'); return n + 5; };",
    /console/,
  ],
  "a flood of output": [
    "const calc = (n) => { while (true) console.log('x'); };",
    /console/,
  ],
  "reading a file": [
    "const calc = (n) => Deno.readTextFileSync('/etc/passwd').length;",
    /Deno is not defined/,
  ],
  "the network": ["const calc = (n) => fetch('http://127.0.0.1');", /fetch/],
  "the environment": ["const calc = (n) => Deno.env.get('HOME');", /Deno/],
  "a process": ["const calc = (n) => new Deno.Command('ls');", /Deno/],
  "Deno.exit": ["const calc = (n) => Deno.exit(0);", /Deno/],
  "process.exit": ["const calc = (n) => process.exit(0);", /process/],
  "import()": ["const calc = (n) => import('node:fs');", /imports/],
  "an import": ["import 'node:fs'; const calc = (n) => n + 5;", /imports/],
  "require": ["const calc = (n) => require('fs');", /require/],
  "code from strings": [
    "const calc = (n) => [].constructor.constructor('return 8')();",
    /EvalError/,
  ],
  "eval": ["const calc = (n) => eval('n + 5');", /EvalError/],
  "waiting forever": [
    "const calc = async (n) => { await new Promise(() => {}); return n + 5; };",
    /returns what is no/,
  ],
  "a promise": ["const calc = async (n) => n + 5;", /returns what is no/],
  "an object": ["const calc = (n) => ({ toJSON: () => n + 5 });", /no number/],
  "undefined": ["const calc = (n) => {};", /no number/],
  "a function": ["const calc = (n) => calc;", /no number/],
  "NaN": ["const calc = (n) => NaN;", /no number/],
  "a big integer": ["const calc = (n) => BigInt(n + 5);", /no number/],
  "a list in itself": [
    "const calc = (n) => { const a = []; a.push(a); return a; };",
    /no number/,
  ],
  "the right number as text": ["const calc = (n) => `${n + 5}`;", /gives "8"/],
  "a long text": ["const calc = (n) => 'x'.repeat(1e6);", /too much/],
  "a long program": ["//" + "x".repeat(20_000), /longer than/],
};

for (const [name, [source, reason]] of Object.entries(WRONG)) {
  Deno.test(`Sandbox judges ${name} wrong, and the next program right`, async () => {
    const [wrong, right] = await judgeAll([source, RIGHT]);
    assertMatch(wrong!, reason);
    assertEquals(right, null);
  });
}

Deno.test("Sandbox kills an endless loop at its time limit, before and after other programs", async () => {
  const loop = "const calc = (n) => { while (true); };";
  const top = "while (true);";
  const reasons = await judgeAll([loop, RIGHT, top, RIGHT], { timeMs: 700 });
  assertEquals(reasons, [
    "takes longer than 700 ms",
    null,
    "takes longer than 700 ms",
    null,
  ]);
});

Deno.test("Sandbox survives endless allocation of every kind", async () => {
  const grow = (what: string) =>
    `const calc = (n) => { const all = []; while (true) all.push(${what}); };`;
  const reasons = await judgeAll([
    grow("new Array(1000).fill(n)"),
    RIGHT,
    "const calc = (n) => { let s = 'ab'; const all = []; while (true) { s += s.slice(1); all.push([...s]); } };",
    RIGHT,
    "const calc = (n) => { const xs = [1]; for (const x of xs) { xs.push(x); } };",
    RIGHT,
  ], { timeMs: 20_000, heapMb: 32 });
  for (const [i, reason] of reasons.entries()) {
    if (i % 2 === 1) assertEquals(reason, null);
    else assertMatch(reason!, /ends its process|throws RangeError/);
  }
  const buffers = await judgeAll([grow("new ArrayBuffer(1e9)")]);
  assertMatch(buffers[0]!, /ArrayBuffer is not defined/);
});

Deno.test("Sandbox gives a program nothing of another realm", async () => {
  const source = `const calc = () => {
    const seen = new Set();
    const foreign = [];
    const visit = (value, path) => {
      if (value === null || typeof value !== "object" && typeof value !== "function" || seen.has(value)) return;
      seen.add(value);
      let top = value;
      while (Object.getPrototypeOf(top) !== null) top = Object.getPrototypeOf(top);
      if (top !== Object.prototype && top !== value) foreign.push(path);
      if (typeof value === "function" && !(value instanceof Function) && value !== Function.prototype) foreign.push(path);
      visit(Object.getPrototypeOf(value), path + ".__proto__");
      for (const key of Reflect.ownKeys(value)) {
        const found = Object.getOwnPropertyDescriptor(value, key);
        for (const part of ["value", "get", "set"]) visit(found[part], path + "." + String(key));
      }
    };
    visit(globalThis, "globalThis");
    visit(new Error().stack, "stack");
    return [seen.size > 300, ...foreign];
  };`;
  const sandbox = new Sandbox({ processes: 1 });
  const reason = await sandbox.judge({
    source,
    functionName: "calc",
    cases: [{ input: [], expected: [true] }],
  });
  await sandbox.close();
  assertEquals(reason, null);
});

Deno.test("Sandbox: tampering with built-ins neither forges a verdict nor touches the next program", async () => {
  const tamper = `
    const names = ["parse", "stringify"];
    for (const name of names) JSON[name] = () => "8";
    Array.isArray = () => true;
    Number.isFinite = () => true;
    Object.is = () => true;
    Reflect.apply = () => 8;
    Array.prototype[Symbol.iterator] = function* () { yield 8; };
    Array.prototype.map = Array.prototype.join = String.prototype.startsWith = () => "=8";
    Object.prototype.toJSON = () => 8;
    Object.prototype.expected = 8;
    Object.prototype.then = (resolve) => resolve(8);
    Function.prototype.call = Function.prototype.apply = () => 8;
    Math.max = () => 8;
    globalThis.calc = undefined;
    Error.prepareStackTrace = (error, sites) => { throw sites; };
  `;
  const wrong = `${tamper} function calc(n) { return {}; }`;
  const sum =
    "const calc = (n) => Math.max(...[n, n + 5].map((x) => x)) + [0].join('') * 1;";
  const [forged, next] = await judgeAll([wrong, sum]);
  assert(forged !== null);
  assertEquals(next, null);
});

Deno.test("Sandbox: what a program leaves running does not make the next one fail", async () => {
  const flood =
    "const spin = async () => { while (true) await 0; }; const calc = (n) => { spin(); return n + 5; };";
  const reject =
    "const calc = (n) => { Promise.reject(new Error('x')); return n + 5; };";
  const reasons = await judgeAll([reject, RIGHT, flood, RIGHT, RIGHT], {
    timeMs: 1500,
  });
  assertEquals(reasons, [null, null, null, null, null]);
});

Deno.test("Sandbox judges many programs side by side, replacing processes as they age", async () => {
  const sandbox = new Sandbox({ processes: 2, usesPerProcess: 7 });
  const reasons = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      sandbox.judge({
        source: i % 3 === 0 ? "const calc = (n) => n;" : RIGHT,
        functionName: "calc",
        cases: CASES,
      })),
  );
  await sandbox.close();
  for (const [i, reason] of reasons.entries()) {
    assertEquals(reason === null, i % 3 !== 0);
  }
  const again = await sandbox.judge({
    source: RIGHT,
    functionName: "calc",
    cases: CASES,
  });
  assertEquals(again, null, "it can be used after it was closed");
  await sandbox.close();
});

Deno.test("A reply with another nonce, or of another shape, is none", () => {
  const reply = (nonce: string, results: unknown) =>
    JSON.stringify({ nonce, results });
  assertEquals(readReply(reply("a", ["=1"]), "a"), {
    nonce: "a",
    results: ["=1"],
  });
  for (
    const line of [
      reply("b", ["=1"]),
      reply("a", "=1"),
      reply("a", [1]),
      "null",
      "[]",
      "x",
    ]
  ) assertEquals(readReply(line, "a"), null);
});

Deno.test("TextLineReader gives up on a line without end", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent++;
      controller.enqueue(new Uint8Array(1000).fill(120));
    },
  });
  const reader = new TextLineReader(endless, 5000);
  const error = await reader.next().then(() => null, (error) => error);
  assert(error instanceof RangeError);
  assert(sent < 10, "it stops reading");
  await reader.cancel();
});
