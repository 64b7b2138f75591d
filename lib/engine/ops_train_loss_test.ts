import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
} from "@std/assert";
import { maxDifference, onEveryIsa, randomFloats } from "./_fixture.ts";
import { runLoss } from "./_loss_case.ts";
import {
  logSoftmax,
  lossGradient,
  type LossProblem,
  type LossRow,
  rowLosses,
  totalLoss,
} from "./_loss_oracle.ts";
import type { Device } from "./device.ts";

const LN2 = Math.log(2);

/** Random logits with about half of the rows correct. */
function randomProblem(
  vocab: number,
  rows: readonly Omit<LossRow, "target">[],
  more: Partial<LossProblem> = {},
): LossProblem {
  const logits = randomFloats(vocab * rows.length, vocab).map((x) => 5 * x);
  const targets = rows.map((_, r) => {
    const row = logits.subarray(r * vocab, (r + 1) * vocab);
    return r % 2 === 0 ? row.indexOf(Math.max(...row)) : (7 * r) % vocab;
  });
  return {
    vocab,
    logits,
    rows: rows.map((row, r) => ({ target: targets[r]!, ...row })),
    ...more,
  };
}

async function assertEqualsOracle(
  device: Device,
  problem: LossProblem,
  what: string,
): Promise<void> {
  const got = await runLoss(device, problem, { padding: 3 });
  rowLosses(problem).forEach((want, r) => {
    const row = got.losses[r]!;
    assertEquals(row.correct, want.correct, `${what}, row ${r}: correct`);
    for (const part of ["hard", "soft", "entropy"] as const) {
      assertAlmostEquals(
        row[part],
        want[part],
        2e-6 * Math.max(1, want[part]),
        `${what}, row ${r}: ${part}`,
      );
    }
  });
  assertLess(maxDifference(got.gradient, lossGradient(problem)), 2e-6, what);
}

onEveryIsa(
  "every term of tokenLoss equals the plain one, its gradient the finite differences",
  async (device) => {
    for (const vocab of [1, 2, 3, 16, 37, 131]) {
      const teacher = randomFloats(vocab * 6, 100 + vocab).map((x) => 4 * x);
      const hard = [{ hard: 1 }, { hard: 0.3 }, {}, { hard: 2 }, { hard: -1 }];
      const soft = [{ soft: 1 }, { soft: 0.5, hard: 0.25 }, {}, { soft: 2 }];
      const certain = [
        { group: 0 },
        { group: 0 },
        { group: 1, hard: 0.5 },
        { group: 0 },
        { group: 0 },
        { group: 2 },
      ];
      const both = certain.map((row, r) => ({ ...row, soft: r / 3 }));
      const groups = [2, 0.7, 5];
      for (
        const problem of [
          randomProblem(vocab, hard),
          randomProblem(vocab, soft, { teacher }),
          randomProblem(vocab, soft, { teacher, reverseKl: true }),
          randomProblem(vocab, certain, { groups, temperature: 0.5 }),
          randomProblem(vocab, certain, { groups, temperature: 3 }),
          randomProblem(vocab, both, { groups, teacher, temperature: 0.5 }),
          randomProblem(vocab, both, { groups, teacher, reverseKl: true }),
        ]
      ) {
        await assertEqualsOracle(
          device,
          problem,
          `vocabulary ${vocab}, ${JSON.stringify(problem.rows)}`,
        );
      }
    }
  },
);

onEveryIsa("tokenLoss gives the numbers of a hand", async (device) => {
  // pi = (1, 2, 1) / 4; rho at T = 1/2 is (1, 4, 1) / 6; the teacher is (2, 1, 1) / 4.
  const logits = [0, LN2, 0];
  const teacher = [LN2, 0, 0];
  const rows = [{ target: 1, hard: 1, soft: 1, group: 0 }];
  const given = { vocab: 3, logits, teacher, rows, groups: [2] };
  const entropy = Math.log(6) - 4 / 6 * Math.log(4);
  const { losses, gradient } = await runLoss(device, {
    ...given,
    temperature: 0.5,
  });
  const forward = 2 / 4 * Math.log(4) + 1 / 4 * LN2 + 1 / 4 * Math.log(4);
  assertAlmostEquals(losses[0]!.hard, LN2, 1e-6);
  assertAlmostEquals(losses[0]!.soft, forward, 1e-6);
  assertAlmostEquals(losses[0]!.entropy, entropy, 1e-6);
  const sharpened = (rho: number) => -2 / 0.5 * rho * (Math.log(rho) + entropy);
  const want = [
    1 / 4 + (1 / 4 - 2 / 4) + sharpened(1 / 6),
    (2 / 4 - 1) + (2 / 4 - 1 / 4) + sharpened(4 / 6),
    1 / 4 + (1 / 4 - 1 / 4) + sharpened(1 / 6),
  ];
  assertLess(maxDifference(gradient, want), 1e-6);
  const reverse = await runLoss(device, { ...given, reverseKl: true });
  // pi log(pi / q): 1/4 log(1/2) + 2/4 log 2 + 1/4 log 1.
  assertAlmostEquals(reverse.losses[0]!.soft, LN2 / 4, 1e-6);
});

onEveryIsa(
  "tokenLoss gives the masked objectives' numbers with their weights",
  async (device) => {
    // Two masked tokens with cross-entropies 1 and 0.2, an answer of 4, p = 1/2.
    const logitsOf = (loss: number) => [
      Math.log(Math.exp(-loss) / (1 - Math.exp(-loss))),
      0,
    ];
    const logits = [...logitsOf(1), ...logitsOf(0.2)];
    for (const [weight, want] of [[1 / 0.5 / 4, 0.6], [1 / 0.5 / 2, 1.2]]) {
      const rows = [{ target: 0, hard: weight! }, { target: 0, hard: weight! }];
      const { losses } = await runLoss(device, { vocab: 2, logits, rows });
      const loss = losses.reduce((sum, { hard }) => sum + weight! * hard, 0);
      assertAlmostEquals(loss, want!, 1e-6);
      assertAlmostEquals(totalLoss({ vocab: 2, logits, rows }), want!, 1e-9);
    }
  },
);

onEveryIsa(
  "a certainty group without a correct row gives 0, and wrong rows give nothing",
  async (device) => {
    const logits = [0, 1, 2, 2, 1, 0, 1, 5, 0];
    const certain = (targets: number[]) =>
      runLoss(device, {
        vocab: 3,
        logits,
        rows: targets.map((target) => ({ target, group: 0 })),
        groups: [3],
        temperature: 0.5,
      });
    const none = await certain([0, 1, 2]);
    assertEquals(none.gradient, new Float32Array(9));
    assertEquals(none.losses.map(({ correct }) => correct), [
      false,
      false,
      false,
    ]);
    assert(none.losses.every(({ entropy }) => entropy > 0));
    const one = await certain([0, 0, 2]);
    assertEquals(one.gradient.subarray(0, 3), new Float32Array(3));
    assertEquals(one.gradient.subarray(6), new Float32Array(3));
    const logRho = logSoftmax(logits.slice(3, 6), 0.5);
    const entropy = -logRho.reduce((sum, log) => sum + Math.exp(log) * log, 0);
    const want = logRho.map((log) =>
      -3 / 0.5 * Math.exp(log) * (log + entropy)
    );
    assertLess(maxDifference(one.gradient.subarray(3, 6), want), 1e-6);
    // Two correct rows share the weight.
    const two = await certain([0, 0, 1]);
    assertLess(
      maxDifference(two.gradient.subarray(3, 6), want.map((x) => x / 2)),
      1e-6,
    );
  },
);

onEveryIsa("only the lowest id of a tie is correct", async (device) => {
  for (const vocab of [4, 40]) {
    const logits = new Float32Array(4 * vocab).fill(-1);
    for (let r = 0; r < 4; r++) logits[r * vocab] = logits[r * vocab + 3] = 2;
    const rows = [0, 3, 1, vocab - 1].map((target) => ({ target }));
    const { losses } = await runLoss(device, { vocab, logits, rows });
    assertEquals(losses.map(({ correct }) => correct), [
      true,
      false,
      false,
      false,
    ]);
    const flat = await runLoss(device, {
      vocab,
      logits: new Float32Array(2 * vocab),
      rows: [{ target: 0 }, { target: 1 }],
    });
    assertEquals(flat.losses.map(({ correct }) => correct), [true, false]);
  }
});

onEveryIsa("the temperature enters the certainty alone", async (device) => {
  const rows = [{ hard: 1, soft: 1 }, { hard: 0.5 }, { soft: 2 }];
  const teacher = randomFloats(3 * 37, 5);
  const at = (temperature: number) =>
    runLoss(device, randomProblem(37, rows, { teacher, temperature }));
  const [cold, warm] = [await at(0.5), await at(2)];
  assertEquals(cold.gradient, warm.gradient);
  cold.losses.forEach((row, r) => {
    assertEquals(row.hard, warm.losses[r]!.hard);
    assertEquals(row.soft, warm.losses[r]!.soft);
    assertLess(row.entropy, warm.losses[r]!.entropy);
  });
});

onEveryIsa(
  "a student that equals its teacher has no soft gradient",
  async (device) => {
    const problem = randomProblem(131, [{ soft: 1 }, { soft: 3 }]);
    for (const reverseKl of [false, true]) {
      const { losses, gradient } = await runLoss(device, {
        ...problem,
        teacher: problem.logits,
        reverseKl,
      });
      assertLess(maxDifference(gradient, new Float32Array(2 * 131)), 1e-6);
      for (const { soft, entropy } of losses) {
        assertAlmostEquals(soft, reverseKl ? 0 : entropy, 1e-5);
      }
    }
  },
);
