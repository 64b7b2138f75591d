import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** Floors of the house from the ground up; a file imports from its own floor and those below. */
const FLOORS = [
  "engine",
  "model",
  "decoding",
  "parallel",
  "training",
  "tasks",
  "metrics",
  "figures",
  "lab",
];

const MAX_LINES = 300;

interface SourceText {
  readonly path: string;
  readonly text: string;
}

async function collect(folder: string, pattern: RegExp): Promise<SourceText[]> {
  const found: SourceText[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = folder + entry.name;
    if (entry.isDirectory) {
      if (path !== "ffi/build") {
        found.push(...await collect(`${path}/`, pattern));
      }
    } else if (pattern.test(entry.name)) {
      found.push({ path, text: await Deno.readTextFile(new URL(path, ROOT)) });
    }
  }
  return found;
}

const typescript = [
  ...await collect("lib/", /\.ts$/),
  ...await collect("tools/", /\.ts$/),
];
const sources = [...typescript, ...await collect("ffi/", /\.(cpp|h)$/)];

Deno.test("house rule: imports point down", () => {
  const upward = typescript.flatMap(({ path, text }) => {
    const own = FLOORS.indexOf(path.split("/")[1]!);
    if (own < 0) return [];
    return [...text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)]
      .map(([, target]) =>
        new URL(target!, `file:///${path}`).pathname.slice(1)
      )
      .filter((target) => {
        const floor = FLOORS.indexOf(target.split("/")[1]!);
        return !target.startsWith("lib/") || floor < 0 || floor > own;
      })
      .map((target) => `${path} imports ${target}`);
  });
  assertEquals(upward, []);
});

Deno.test("house rule: source names packages by their bare names", () => {
  const direct = typescript
    .filter(({ text }) => /from "(npm|jsr|https?):/.test(text))
    .map(({ path }) => path);
  assertEquals(direct, []);
});

Deno.test(`house rule: no file is longer than ${MAX_LINES} lines`, () => {
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path}: ${lines}`);
  assertEquals(long, []);
});

Deno.test("house rule: no open ends", () => {
  const marker = new RegExp(
    `\\b(${["TO" + "DO", "FIX" + "ME", "HA" + "CK"].join("|")})\\b`,
  );
  const open = sources
    .filter(({ text }) => marker.test(text))
    .map(({ path }) => path);
  assertEquals(open, []);
});
