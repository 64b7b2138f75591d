import { assert, assertEquals, assertThrows } from "@std/assert";
import { decoderRace, type RaceLane } from "./decoder_race.ts";
import type { FillOrderRow } from "./fill_order.ts";
import type { Drawing } from "./types.ts";

function fill(step: number, position: number, token = position): FillOrderRow {
  return { decoder: "x", position, token, step, source: "threshold" };
}

const SLOW: RaceLane = {
  decoder: "slow <one>",
  fills: [fill(1, 0), fill(2, 1), fill(4, 2)],
};
const FAST: RaceLane = { decoder: "fast", fills: [fill(1, 2), fill(2, 0)] };

function race(lanes: readonly RaceLane[], playSeconds = 7): Drawing {
  return decoderRace(lanes, {
    ...{ title: "a & b", clock: "ticks", playSeconds },
    text: (token) => `<${token}>`,
  });
}

/** Percent of the animation at which a class appears. */
function appears(svg: string, name: string): number {
  return Number(
    new RegExp(`@keyframes ${name}\\{0%,([\\d.]+)%`).exec(svg)![1],
  );
}

Deno.test("decoderRace() shows every token once per lane, escaped, without script", () => {
  const { svg, rows } = race([SLOW, FAST]);
  assertEquals([...svg.matchAll(/&lt;\d&gt;<\/text>/g)].length, 5);
  assertEquals(rows.length, 5);
  assert(!svg.includes("<script") && !svg.includes("<one>"));
  assert(svg.includes("prefers-reduced-motion"));
  for (const [, name] of svg.matchAll(/class="t (r\d+s\d+)"/g)) {
    assert(svg.includes(`@keyframes ${name}{`), name);
  }
});

Deno.test("decoderRace() runs all lanes on one clock that ends with the slowest", () => {
  const { svg, description } = race([SLOW, FAST]);
  assertEquals(appears(svg, "r0s4"), 70);
  assertEquals(appears(svg, "r0s2"), appears(svg, "r1s2"));
  assertEquals(appears(svg, "r1s1"), 17.5);
  assertEquals(
    description,
    "Order at the finish: 1st fast (2 forwards), 2nd slow <one> (4 forwards). ticks.",
  );
});

Deno.test("decoderRace() takes durations, and a decoder of few slow forwards can lose", () => {
  const { svg, description, rows } = race([SLOW, {
    ...FAST,
    durations: [3, 5],
  }]);
  assertEquals(appears(svg, "r1s2"), 70);
  assertEquals(appears(svg, "r0s4"), 35);
  assert(description.startsWith("Order at the finish: 1st slow"));
  assertEquals(rows.at(-1)!.time, 8);
  assertThrows(
    () => race([{ ...FAST, durations: [1] }]),
    RangeError,
    'Cannot race "fast": found 2 forwards and 1 durations',
  );
  assertThrows(() => race([{ decoder: "none", fills: [] }]), RangeError);
});
