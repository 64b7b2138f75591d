import { assertEquals, assertThrows } from "@std/assert";
import { MeshError } from "./errors.ts";
import { evenShares, meshSize, parseMesh, placeOf, rankAt } from "./mesh.ts";

Deno.test("parseMesh: sizes by axis, 1 where none is named", () => {
  assertEquals(parseMesh("bp=2,tp=4"), { bp: 2, tp: 4 });
  assertEquals(parseMesh("tp=3"), { bp: 1, tp: 3 });
});

Deno.test("parseMesh: anything else is refused", () => {
  for (
    const text of ["", "bp", "bp=0", "bp=2,bp=3", "pp=2", "bp=-1", "bp=1.5"]
  ) {
    assertThrows(() => parseMesh(text), MeshError, "wanted");
    assertThrows(() => parseMesh(text), MeshError, "given");
  }
});

Deno.test("placeOf and rankAt: one to one, shards of a replica are neighbours", () => {
  const mesh = { bp: 3, tp: 2 };
  const places = Array.from(
    { length: meshSize(mesh) },
    (_, rank) => placeOf(rank, mesh),
  );
  assertEquals(places.map((place) => rankAt(place, mesh)), [0, 1, 2, 3, 4, 5]);
  assertEquals(places[3], { branch: 1, shard: 1 });
});

Deno.test("evenShares: cover everything once, differ by one at most", () => {
  for (let count = 0; count < 20; count++) {
    for (let parts = 1; parts < 8; parts++) {
      const shares = evenShares(count, parts);
      assertEquals(shares.length, parts);
      assertEquals(shares[0]!.start, 0);
      assertEquals(shares.at(-1)!.end, count);
      shares.slice(1).forEach(({ start }, i) =>
        assertEquals(start, shares[i]!.end)
      );
      const sizes = shares.map(({ start, end }) => end - start);
      assertEquals(Math.max(...sizes) - Math.min(...sizes) <= 1, true);
    }
  }
});
