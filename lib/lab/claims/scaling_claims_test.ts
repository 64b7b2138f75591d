import { assertEquals, assertStringIncludes } from "@std/assert";
import { TRAINED_MODELS } from "../evaluation/trained_models.ts";
import {
  SCALING_TRENDS,
  scalingClaimId,
  scalingClaims,
} from "./scaling_claims.ts";
import { judge } from "./verdict.ts";

Deno.test("scalingClaims() has one claim per statement, model and task, as LoPA's", () => {
  const claims = scalingClaims(TRAINED_MODELS);
  assertEquals(claims.map(({ id }) => id), SCALING_TRENDS.map(scalingClaimId));
  assertEquals(new Set(claims.map(({ id }) => id)).size, claims.length);
  assertEquals(claims.every(({ missing }) => missing === undefined), true);
  assertEquals(
    claims.every(({ scope, paper }) => scope === "mini" && paper === "lopa"),
    true,
  );
});

Deno.test("scalingClaims() on absent models are not attempted, with what would make them", () => {
  for (const claim of scalingClaims(["dream-mini"])) {
    const { verdict, reason } = judge(claim);
    assertEquals(verdict, "not attempted");
    const model = /^\S+/.exec(claim.statement)![0];
    assertStringIncludes(
      reason,
      model === "dream-mini" ? "has not run" : `deno task train ${model}`,
    );
  }
});
