import { assertAlmostEquals, assertEquals } from "@std/assert";
import { branchScore, pickWinner } from "./lopa_score.ts";

const MEAN = {
  branchTopP: 1,
  creationWeight: 0,
  creation: 1,
  confidenceDtype: "f32",
} as const;

Deno.test("branchScore: the mean over all remaining masks (Eq. 2)", () => {
  assertEquals(branchScore([0.25, 0.5, 0.75], MEAN), 0.5);
});

Deno.test("branchScore: a branch without masks scores 1, also among negative entropies", () => {
  assertEquals(branchScore([], MEAN), 1);
});

Deno.test("branchScore: averages max(1, int(n * branchTopP)) of the least confident", () => {
  const half = { ...MEAN, branchTopP: 0.5 };
  assertEquals(branchScore([0.75, 0.25, 0.5], half), 0.25);
  assertEquals(branchScore([0.75, 0.25, 0.5, 1], half), 0.375);
  assertEquals(branchScore([0.75, 0.25], { ...MEAN, branchTopP: 0 }), 0.25);
});

Deno.test("branchScore: mixes in the creation confidence", () => {
  assertAlmostEquals(
    branchScore([0.5], { ...MEAN, creationWeight: 0.25, creation: -0.3 }),
    0.3,
    1e-12,
  );
});

Deno.test("branchScore: bf16 rounds the mean, so close branches tie", () => {
  const bf16 = { ...MEAN, confidenceDtype: "bf16" } as const;
  assertEquals(
    branchScore([-2, -2 - 2 ** -6], bf16),
    branchScore([-2, -2], bf16),
  );
});

Deno.test("pickWinner: the first of equals in evaluation order", () => {
  const scores = (...list: number[]) =>
    list.map((score, i) => ({ score, anchor: i === list.length - 1 }));
  assertEquals(pickWinner(scores(0.1, 0.5, 0.5), { forceAnchor: false }), {
    winner: 1,
    tied: 2,
  });
  assertEquals(pickWinner(scores(-2, -1, -0.5), { forceAnchor: false }), {
    winner: 2,
    tied: 1,
  });
});

Deno.test("pickWinner: forceAnchor picks the first anchor if there is one", () => {
  const branches = [
    { score: 0.9, anchor: false },
    { score: 0.1, anchor: true },
    { score: 0.2, anchor: true },
  ];
  assertEquals(pickWinner(branches, { forceAnchor: true }).winner, 1);
  assertEquals(
    pickWinner(branches.slice(0, 1), { forceAnchor: true }).winner,
    0,
  );
});
