import {
  assert,
  assertEquals,
  assertGreater,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { loadPaperTable } from "../paper.ts";
import { PAPER_ITEMS } from "../paper_schema.ts";
import { allClaims } from "./registry.ts";
import { slug } from "./slug.ts";
import { countVerdicts, exitCode, judgeAll } from "./summary.ts";
import { TINY_MODELS, TINY_TRENDS } from "./tiny_claims.ts";
import type { Claim, ClaimKind, Measurement, TrendShape } from "./types.ts";
import { judge } from "./verdict.ts";

Deno.test("every row and every curve of data/paper is covered by exactly one claim", async () => {
  const claims = await allClaims();
  for (const id of PAPER_ITEMS) {
    const { file, rows } = await loadPaperTable(id);
    const covered = claims.filter((claim) => claim.source?.file === file)
      .flatMap(({ source }) => {
        const [first, last] = source!.rows;
        return Array.from({ length: last - first + 1 }, (_, i) => first + i);
      });
    assertEquals(covered, rows.map((_, i) => i + 1), file);
  }
});

Deno.test("claims have unique ids, a statement, and a reason as long as nothing tests them", async () => {
  const claims = await allClaims();
  assertEquals(new Set(claims.map(({ id }) => id)).size, claims.length);
  for (const claim of claims) {
    assertEquals(claim.id, slug(claim.id));
    assertGreater(claim.statement.length, 10, claim.id);
    if (claim.scope !== "mini") {
      assertEquals(claim.scope === "paper", claim.missing !== undefined);
    }
    const empty = claim.kind === "ordering" || claim.kind === "not-below" ||
      claim.kind === "trend" && claim.scope !== "paper";
    assertEquals(claim.values.length === 0, empty, claim.id);
  }
  assertEquals(
    claims.filter(({ scope }) => scope === "tiny").length,
    TINY_TRENDS.length * TINY_MODELS.length,
  );
});

Deno.test("a paper claim carries the numbers, units and tolerances of its row", async () => {
  const claims = await allClaims();
  const claim = claims.find(({ id }) =>
    id === "lopa-table1-d2f-dream-lopa-gsm8k-4-shot"
  )!;
  assertEquals(
    claim.values.map(({ name, value, unit }) => [name, value, unit]),
    [
      ["tpf", 10.1, "tokens/forward"],
      ["score", 73.8, "%"],
    ],
  );
  assertEquals(
    claim.statement,
    "D2F-Dream, LoPA, GSM8K, 4-shot: TPF 10.1 tokens/forward, score 73.8%",
  );
  const [, score] = claim.values;
  assertEquals((score!.tolerance * 73.8).toFixed(1), "2.4");
  assertEquals(claim.missing!.needs, "weights");
});

function claim(kind: ClaimKind, more: Partial<Claim> = {}): Claim {
  return {
    id: "c",
    scope: "tiny",
    paper: "lopa",
    item: "Fig. 4",
    statement: "something holds",
    kind,
    values: [],
    ...more,
  };
}

function verdict(claim: Claim, values: number[]): string {
  const measurement: Measurement = {
    claim: claim.id,
    values,
    labels: values.map((_, i) => `#${i}`),
    unit: "",
    note: "",
  };
  return judge(claim, { measurement, experiment: "e" }).verdict;
}

const value = (value: number, tolerance: number) => ({
  name: "x",
  value,
  tolerance,
  unit: "",
});

Deno.test.each([
  ["exact", [value(4, 0)], {}, [4], true],
  ["exact", [value(4, 0)], {}, [4.0000001], false],
  ["exact", [value(4, 0.5), value(1, 0)], {}, [4.5, 1], true],
  ["exact", [value(4, 0.5), value(1, 0)], {}, [4.5, 2], false],
  ["relative", [value(-10, 0.1)], {}, [-11], true],
  ["relative", [value(10, 0.1)], {}, [8.9], false],
  ["ratio", [value(2, 0.05)], {}, [21, 10], true],
  ["ratio", [value(2, 0.05)], {}, [22, 10], false],
  ["ordering", [], {}, [3, 2, 1], true],
  ["ordering", [], {}, [3, 3], false],
  ["ordering", [], { tolerance: 0.1 }, [2.8, 3], true],
  ["ordering", [], { tolerance: 0.1 }, [2.6, 3], false],
  ["trend", [], { shape: "rising" }, [1, 2, 2, 3], true],
  ["trend", [], { shape: "rising" }, [1, 2, 1.9, 3], false],
  ["trend", [], { shape: "rising", tolerance: 0.1 }, [1, 2, 1.9, 3], true],
  [
    "trend",
    [],
    { shape: "rising", tolerance: 0.1 },
    [1, 2, 1.85, 1.75, 3],
    false,
  ],
  ["trend", [], { shape: "rising" }, [1, 1, 1], false],
  ["trend", [], { shape: "falling" }, [3, 2, 1], true],
  ["trend", [], { shape: "falling" }, [3, 2, 2.5, 1], false],
  ["trend", [], { shape: "saturating" }, [1, 2, 2.5], true],
  ["trend", [], { shape: "saturating" }, [1, 2, 3], false],
  ["trend", [], { shape: "saturating" }, [1, 2, 4], false],
] as [
  ClaimKind,
  Claim["values"],
  { shape?: TrendShape; tolerance?: number },
  number[],
  boolean,
][])(
  "judge() of %s %j %j with %j",
  (kind, values, more, measured, holds) => {
    assertEquals(
      verdict(claim(kind, { values, ...more }), measured),
      holds ? "reproduced" : "differs",
    );
  },
);

Deno.test("judge() of a trend forgives a dip that the interval explains and no other", () => {
  const falls = (values: number[], upper: number[]) =>
    judge(claim("trend", { shape: "rising" }), {
      measurement: {
        claim: "c",
        values,
        labels: values.map(String),
        upper,
        unit: "",
        note: "",
      },
      experiment: "e",
    }).verdict;
  assertEquals(falls([1, 3, 2.8, 4], [1, 3, 3.1, 4]), "reproduced");
  assertEquals(falls([1, 3, 2.8, 4], [1, 3, 2.9, 4]), "differs");
});

Deno.test.each(
  [
    [-2, -4.9, 0.5, "reproduced"],
    [3, 0.5, 6, "reproduced"],
    [-2, -5.1, 0.5, "undecided"],
    [0, -40, 40, "undecided"],
    [-2, -3.9, -0.1, "differs"],
    [-20, -30, -10, "differs"],
  ] as const,
)(
  "judge() of not-below with %s (%s to %s) and a tolerance of 5: %s",
  (value, low, high, wanted) => {
    const measurement = {
      ...{ claim: "c", values: [value], lower: [low], upper: [high] },
      ...{ labels: ["d"], unit: "points", note: "" },
    };
    const loses = claim("not-below", { tolerance: 5 });
    const { verdict, reason } = judge(loses, { measurement, experiment: "e" });
    assertEquals(verdict, wanted);
    assertStringIncludes(reason, `d ${value} points (${low} to ${high})`);
    const { lower: _, ...bare } = measurement;
    assertThrows(
      () => judge(loses, { measurement: bare, experiment: "e" }),
      RangeError,
      "found no interval",
    );
  },
);

Deno.test("judge() without a measurement is not attempted, with the claim's reason", () => {
  const missing = { needs: "weights", reason: "Needs weights." } as const;
  const judged = judge(claim("exact", { missing }));
  assertEquals([judged.verdict, judged.reason], [
    "not attempted",
    "Needs weights.",
  ]);
  assertStringIncludes(judge(claim("exact")).reason, "has not run");
});

Deno.test("judge() refuses measurements of the wrong length and numbers that are not finite", () => {
  const exact = claim("exact", { values: [value(1, 0)] });
  for (const bad of [[], [1, 2], [NaN], [Infinity]]) {
    assertThrows(() => verdict(exact, bad), RangeError, "Cannot judge");
  }
  assertThrows(() => verdict(claim("ordering"), [1]), RangeError, "at least 2");
  assertThrows(() => verdict(claim("trend"), [1, 2]), RangeError, "at least 3");
});

Deno.test("judgeAll() pairs measurements with claims, counts verdicts and gives the exit code", () => {
  const claims = [
    claim("exact", { id: "a", values: [value(1, 0)] }),
    claim("exact", { id: "b", values: [value(1, 0)] }),
    claim("exact", { id: "c" }),
  ];
  const measured = (a: number, b: number) => [{
    experiment: "e",
    measurements: [["a", a], ["b", b]].map(([id, value]) => ({
      claim: id as string,
      values: [value as number],
      labels: ["x"],
      unit: "",
      note: "",
    })),
  }];
  const good = judgeAll(claims, measured(1, 1));
  assertEquals(countVerdicts(good), {
    reproduced: 2,
    differs: 0,
    undecided: 0,
    "not attempted": 1,
  });
  assertEquals(exitCode(good), 0);
  const bad = judgeAll(claims, measured(1, 2));
  assertEquals(exitCode(bad), 1);
  assertStringIncludes(bad[1]!.reason, "2 against 1");
  const twice = [...measured(1, 1), ...measured(1, 1)];
  assertThrows(() => judgeAll(claims, twice), RangeError, "measured twice");
  assertThrows(
    () => judgeAll(claims.slice(1), measured(1, 1)),
    RangeError,
    "no such claim",
  );
  assert(bad.every(({ reason }) => reason.length > 0));
});
