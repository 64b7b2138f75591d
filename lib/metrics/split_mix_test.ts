import { assertEquals, assertThrows } from "@std/assert";
import { splitMix64 } from "./split_mix.ts";

/** The same generator on 64-bit integers. */
function plain(seed: number): () => number {
  let state = BigInt.asUintN(64, BigInt(seed));
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
  };
}

Deno.test("splitMix64 gives the numbers of its definition on 64-bit integers", () => {
  for (const seed of [0, 1, 7, -1, 0xffffffff, Number.MAX_SAFE_INTEGER]) {
    const [fast, slow] = [splitMix64(seed), plain(seed)];
    for (let i = 0; i < 5000; i++) assertEquals(fast(), slow());
  }
  assertThrows(() => splitMix64(0.5), RangeError);
});
