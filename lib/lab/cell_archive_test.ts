import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { gunzipSync } from "node:zlib";
import { sealLines } from "../training/sealed_lines.ts";
import type { CellIdentity, Mode } from "./cell.ts";
import { CellArchiveError, packCells, unpackCells } from "./cell_archive.ts";
import { RunStore } from "./store.ts";

function identity(n: number, experiment = "demo"): CellIdentity {
  return {
    ...{ experiment, version: 1, parameters: { n } },
    ...{ model: "m", task: null, precision: "f32", numerics: 1 },
  };
}

async function newStore(mode: Mode = "full"): Promise<RunStore> {
  return new RunStore(await Deno.makeTempDir(), mode);
}

async function filled(numbers: readonly number[]): Promise<RunStore> {
  const store = await newStore();
  for (const n of numbers) {
    await store.write(identity(n), { result: { square: n * n }, ms: n });
  }
  return store;
}

async function packed(numbers: readonly number[]): Promise<Uint8Array> {
  return await packCells(
    await filled(numbers),
    numbers.map((n) => identity(n)),
  );
}

Deno.test("packCells() and unpackCells() carry cells from store to store, each once and whatever their order", async () => {
  const store = await filled([3, 1, 2]);
  const bytes = await packCells(store, [1, 2, 2, 3, 4].map((n) => identity(n)));
  assertEquals(bytes, await packed([1, 2, 3]));
  const other = await newStore();
  await other.write(identity(2), { result: "kept", ms: 0 });
  assertEquals(await unpackCells(bytes, { file: "f", store: other }), {
    cells: 3,
    added: 2,
  });
  assertEquals((await other.read(identity(3)))?.result, { square: 9 });
  assertEquals((await other.read(identity(2)))?.result, "kept");
  assertEquals(await other.read(identity(4)), null);
});

Deno.test("packCells() writes lines that any tool can read", async () => {
  const [digest, line, ...rest] = gunzipSync(await packed([2])).toString()
    .split("\n");
  assertEquals(digest?.length, 64);
  assertEquals(rest, [""]);
  assertEquals(JSON.parse(line!), {
    ...{ format: 1, mode: "full", identity: identity(2) },
    ...{ result: { square: 4 }, ms: 2 },
  });
});

Deno.test("unpackCells() refuses cells of another mode or format and takes none of them", async () => {
  const quick = await newStore("quick");
  await assertRejects(
    async () =>
      await unpackCells(await packed([1]), { file: "f", store: quick }),
    CellArchiveError,
    'Cannot take cells from "f": its cells are of mode full, and this run\'s is quick',
  );
  const store = await newStore();
  const lines = gunzipSync(await packed([1])).toString().split("\n").slice(1);
  const newer = sealLines(
    lines.join("\n") + lines.join("\n").replace('"format":1', '"format":2'),
  );
  await assertRejects(
    () => unpackCells(newer, { file: "f", store }),
    CellArchiveError,
    "of another format",
  );
  assertEquals(await store.read(identity(1)), null);
});

Deno.test("unpackCells() refuses every damage by name and leaves the store as it was", async () => {
  const whole = await packed([1, 2, 3]);
  const at = fc.nat({ max: whole.length - 1 });
  const damaged = fc.oneof(
    at.map((length) => whole.slice(0, length)),
    fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([i, change]) =>
      whole.map((byte, j) => i === j ? byte ^ change : byte)
    ),
    fc.uint8Array({ maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(damaged, async (bytes) => {
      const store = await newStore();
      const { added } = await unpackCells(bytes, { file: "f", store })
        .catch((error) => {
          if (error instanceof CellArchiveError) return { added: 0 };
          throw error;
        });
      // What changed may be the header's time or system, which say nothing.
      assertEquals(
        (await store.read(identity(2)))?.result ?? null,
        added === 3 ? { square: 4 } : null,
      );
    }),
    { numRuns: 300 },
  );
});
