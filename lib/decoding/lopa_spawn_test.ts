import { assertEquals } from "@std/assert";
import { evaluationOrder, planBranches, spawnRecord } from "./lopa_spawn.ts";

const row = (position: number, confidence: number) => ({
  position,
  token: 50 + position,
  probability: 0.5,
  confidence,
});
const PLAN = {
  lookaheads: 2,
  branchVerification: true,
  branchCompetition: true,
  duplicateAnchor: true,
  winnerId: 7,
  branchCount: 4,
};
const brief = (plan: ReturnType<typeof planBranches>) =>
  plan.branches.map((
    { id, anchor, lookahead },
  ) => [id, anchor, lookahead?.position ?? null]);

Deno.test("planBranches: the most confident candidates, ties to the lower position, the anchor last with the first free id", () => {
  const plan = planBranches([
    row(3, 0.2),
    row(5, 0.6),
    row(8, 0.6),
    row(9, 0.6),
  ], PLAN);
  assertEquals(brief(plan), [[4, false, 5], [5, false, 8], [4, true, null]]);
  assertEquals(plan.branches[0]!.creation, 0.6);
  assertEquals(plan.branches[0]!.lookahead, { position: 5, token: 55 });
  assertEquals(plan.branches[2]!.creation, 1);
});

Deno.test("planBranches: without candidates winner and anchor go on twice, once in the NV variant", () => {
  const plan = planBranches([], PLAN);
  assertEquals(brief(plan), [[7, true, null], [4, true, null]]);
  assertEquals(plan.duplicates, 1);
  const single = planBranches([], { ...PLAN, duplicateAnchor: false });
  assertEquals([brief(single), single.duplicates], [[[4, true, null]], 0]);
});

Deno.test("planBranches: no lookaheads leave the anchor alone", () => {
  assertEquals(brief(planBranches([row(3, 0.2)], { ...PLAN, lookaheads: 0 })), [
    [4, true, null],
  ]);
  assertEquals(brief(planBranches([], { ...PLAN, lookaheads: 0 })), [[
    4,
    true,
    null,
  ]]);
});

Deno.test("planBranches: without verification no anchor, without candidates the winner goes on", () => {
  const loose = { ...PLAN, branchVerification: false };
  assertEquals(brief(planBranches([row(3, 0.2)], loose)), [[4, false, 3]]);
  assertEquals(brief(planBranches([], loose)), [[7, true, null]]);
});

Deno.test("planBranches: verification without competition is the winner alone", () => {
  assertEquals(
    brief(planBranches([row(3, 0.2)], { ...PLAN, branchCompetition: false })),
    [[7, true, null]],
  );
});

Deno.test("evaluationOrder: lookaheads by id, then anchors by id, only under competition", () => {
  const branches = planBranches([row(3, 0.1), row(4, 0.2)], PLAN).branches
    .toReversed();
  const ids = (competition: boolean) =>
    evaluationOrder(branches, { branchCompetition: competition }).map((
      { id, anchor },
    ) => [id, anchor]);
  assertEquals(ids(true), [[4, false], [5, false], [4, true]]);
  assertEquals(ids(false), [[4, true], [5, false], [4, false]]);
});

Deno.test("spawnRecord: names the extra token, null for the anchor", () => {
  const [lookahead, anchor] = planBranches([row(3, 0.25)], PLAN).branches;
  const record = {
    id: 4,
    anchor: false,
    position: 3,
    token: 53,
    confidence: 0.25,
    eosSeen: true,
  };
  assertEquals(spawnRecord(lookahead!, { eosSeen: true }), record);
  assertEquals(spawnRecord(anchor!, { eosSeen: false }).position, null);
});
