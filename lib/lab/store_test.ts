import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import {
  DiskFullError,
  FileWriteError,
  writeAtomically,
} from "../training/atomic.ts";
import { type CellIdentity, cellKey } from "./cell.ts";
import type { Json } from "./json.ts";
import { RunStore } from "./store.ts";

const IDENTITY: CellIdentity = {
  experiment: "demo",
  version: 1,
  parameters: { lookaheads: 2 },
  model: "m",
  task: "t",
  precision: "f32",
  numerics: 1,
};
const CELL = { result: { tokens: [1, 2, 3], tpf: 1.5 }, ms: 12.5 };

async function files(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) {
      found.push(...await files(join(folder, entry.name)));
    } else found.push(entry.name);
  }
  return found;
}

Deno.test("cellKey() changes with every part of the identity and not with key order", () => {
  const changes: Partial<CellIdentity>[] = [
    { experiment: "x" },
    { version: 2 },
    { parameters: { lookaheads: 3 } },
    { model: "n" },
    { model: null },
    { task: "u" },
    { precision: "bf16" },
    { numerics: 2 },
    { library: "l" },
    { machine: "c" },
  ];
  const keys = [{}, ...changes].map((change) =>
    cellKey({ ...IDENTITY, ...change })
  );
  assertEquals(new Set(keys).size, keys.length);
  const turned = Object.fromEntries(Object.entries(IDENTITY).reverse());
  assertEquals(cellKey(turned as unknown as CellIdentity), keys[0]);
});

Deno.test("RunStore gives back what was stored and nothing for other cells and modes", async () => {
  const root = await Deno.makeTempDir();
  const store = new RunStore(root, "quick");
  assertEquals(await store.read(IDENTITY), null);
  assertEquals(await store.write(IDENTITY, CELL), CELL);
  assertEquals(await store.read(IDENTITY), CELL);
  assertEquals(await store.read({ ...IDENTITY, version: 2 }), null);
  const other = new RunStore(root, "full");
  assertEquals(await other.read(IDENTITY), null);
  await Deno.mkdir(join(root, "full"));
  await Deno.rename(join(root, "quick", "demo"), join(root, "full", "demo"));
  assertEquals(await other.read(IDENTITY), null, "a file of another mode");
  assertEquals(other.damaged.length, 1);
});

Deno.test("RunStore never reads a damaged, cut or foreign file as a result", async () => {
  const store = new RunStore(await Deno.makeTempDir(), "quick");
  await store.write(IDENTITY, CELL);
  const path = store.path(IDENTITY);
  const bytes = await Deno.readFile(path);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.record({ cut: fc.nat(bytes.length - 1) }),
        fc.record({
          at: fc.nat(bytes.length - 1),
          flip: fc.integer({ min: 1, max: 255 }),
        }),
      ),
      async (damage) => {
        let bad = bytes.slice();
        if ("cut" in damage) bad = bad.slice(0, damage.cut);
        else bad[damage.at]! ^= damage.flip;
        await Deno.writeFile(path, bad);
        assertEquals(await store.read(IDENTITY), null);
      },
    ),
  );
  assert(store.damaged.length > 0);
  const foreign = { ...IDENTITY, version: 9 };
  await store.write(foreign, CELL);
  await Deno.copyFile(store.path(foreign), path);
  assertEquals(await store.read(IDENTITY), null);
  assertEquals(await store.write(IDENTITY, CELL), CELL);
  assertEquals(await store.read(IDENTITY), CELL);
});

Deno.test("RunStore on a full disk throws DiskFullError and leaves the old file and no other", async () => {
  const root = await Deno.makeTempDir();
  const write = async (file: Deno.FsFile, data: Uint8Array) => {
    await file.write(data.subarray(0, data.length >> 1));
    throw Object.assign(new Error("No space left on device (os error 28)"), {
      code: "ENOSPC",
    });
  };
  const full = new RunStore(root, "quick", { write });
  const error = await assertRejects(
    () => full.write(IDENTITY, CELL),
    DiskFullError,
    "no space left",
  );
  assertEquals(error.path, full.path(IDENTITY));
  assertStringIncludes(error.message, "free some");
  assertEquals(await files(root), []);
  assertEquals(await full.read(IDENTITY), null);

  await new RunStore(root, "quick").write(IDENTITY, CELL);
  const other = { result: { tpf: 2 } as Json, ms: 1 };
  await assertRejects(() => full.write(IDENTITY, other), DiskFullError);
  assertEquals(await full.read(IDENTITY), CELL);
  assertEquals((await files(root)).length, 1);
});

Deno.test("writeAtomically() names the file and the cause of other failures", async () => {
  const folder = await Deno.makeTempDir();
  const blocked = join(folder, "file", "below");
  await Deno.writeTextFile(join(folder, "file"), "");
  const error = await assertRejects(
    () => writeAtomically(blocked, "text"),
    FileWriteError,
    `Cannot write "${blocked}"`,
  );
  assertNotEquals(error.cause, undefined);
  assert(!(error instanceof DiskFullError));
  assertInstanceOf(error, Error);
});
