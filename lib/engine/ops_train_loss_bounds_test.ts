import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import {
  isas,
  library,
  nativeTest,
  onEveryIsa,
  randomFloats,
  runOnce,
} from "./_fixture.ts";
import { runLoss, UNTOUCHED } from "./_loss_case.ts";
import type { LossProblem } from "./_loss_oracle.ts";
import { Device } from "./device.ts";
import { EngineError } from "./errors.ts";

const VOCAB = 37;
const ROWS = 23;

/** Every term at once, in two groups. */
function wholeProblem(reverseKl = false): LossProblem {
  const logits = randomFloats(VOCAB * ROWS, 1).map((x) => 6 * x);
  return {
    vocab: VOCAB,
    logits,
    teacher: randomFloats(VOCAB * ROWS, 2).map((x) => 6 * x),
    rows: Array.from({ length: ROWS }, (_, r) => {
      const row = logits.subarray(r * VOCAB, (r + 1) * VOCAB);
      const target = r % 3 === 0 ? r : row.indexOf(Math.max(...row));
      return { target, hard: 1, soft: 0.5, ...(r % 4 ? { group: r % 2 } : {}) };
    }),
    groups: [2, 0.3],
    temperature: 0.5,
    reverseKl,
  };
}

for (const isa of isas) {
  nativeTest(
    `tokenLoss has the same bits on 1, 2 and 3 threads (${isa})`,
    async () => {
      for (const reverseKl of [false, true]) {
        using one = await Device.open({ library: library!, isa, threads: 1 });
        const expected = await runLoss(one, wholeProblem(reverseKl));
        for (const threads of [2, 3]) {
          using device = await Device.open({ library: library!, isa, threads });
          const got = await runLoss(device, wholeProblem(reverseKl));
          assertEquals(got.bits, expected.bits);
        }
      }
    },
  );
}

onEveryIsa(
  "tokenLoss may write the gradient over the logits",
  async (device) => {
    for (const reverseKl of [false, true]) {
      const apart = await runLoss(device, wholeProblem(reverseKl));
      const inPlace = await runLoss(device, wholeProblem(reverseKl), {
        inPlace: true,
      });
      assertEquals(inPlace.bits, apart.bits);
    }
  },
);

onEveryIsa("tokenLoss leaves other rows and columns alone", async (device) => {
  const problem = wholeProblem();
  const maxRows = ROWS + 2;
  const got = await runLoss(device, problem, { padding: 5, maxRows });
  const all = new Float32Array(got.bits.buffer).subarray(4 * maxRows);
  const stride = VOCAB + 5;
  assertEquals(all.length, maxRows * stride);
  for (let i = 0; i < all.length; i++) {
    if (i % stride < VOCAB && i < ROWS * stride) continue;
    assertEquals(all[i], UNTOUCHED, `element ${i}`);
  }
  const none = await runLoss(device, { ...problem, rows: [] }, { maxRows: 2 });
  assert(
    new Float32Array(none.bits.buffer).subarray(8).every((x) =>
      x === UNTOUCHED
    ),
  );
});

onEveryIsa(
  "a row's loss does not depend on the rows beside it",
  async (device) => {
    const problem = wholeProblem();
    const rows = problem.rows.map(({ target }) => ({
      target,
      hard: 1,
      soft: 1,
    }));
    const whole = await runLoss(device, { ...problem, rows });
    for (const r of [0, 7, ROWS - 1]) {
      const part = (of: ArrayLike<number>) =>
        Array.from(of).slice(r * VOCAB, (r + 1) * VOCAB);
      const alone = await runLoss(device, {
        ...problem,
        logits: part(problem.logits),
        teacher: part(problem.teacher!),
        rows: [rows[r]!],
      });
      assertEquals(alone.losses[0], whole.losses[r]);
      assertEquals([...alone.gradient], part(whole.gradient));
    }
  },
);

onEveryIsa(
  "logits far apart keep losses and gradients finite",
  async (device) => {
    const most = 3e38;
    const rows = [{ target: 0, hard: 1, soft: 1, group: 0 }];
    for (
      const logits of [[0, -1e4, -2e4], [most, -most, 0], [-most, -most, -most]]
    ) {
      for (const reverseKl of [false, true]) {
        const { losses, gradient } = await runLoss(device, {
          vocab: 3,
          logits,
          teacher: logits,
          rows,
          groups: [1],
          temperature: 0.25,
          reverseKl,
        });
        assert(gradient.every(Number.isFinite), `${logits}`);
        const { hard, soft, entropy } = losses[0]!;
        const wanted = logits[0] === logits[1] ? Math.log(3) : 0;
        assertAlmostEquals(hard, wanted, 1e-6);
        assertAlmostEquals(entropy, wanted, 1e-6);
        assertAlmostEquals(soft, reverseKl ? 0 : wanted, 1e-6);
      }
    }
  },
);

onEveryIsa(
  "tokenLoss names the first row that is not finite",
  async (device) => {
    const problem = wholeProblem();
    for (const name of ["logits", "teacher"] as const) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const data = Float32Array.from(problem[name]!);
        data[7 * VOCAB + VOCAB - 1] = bad;
        data[20 * VOCAB] = NaN;
        const error = await assertRejects(
          () => runLoss(device, { ...problem, [name]: data }),
          EngineError,
          "row 7: ",
        );
        assertEquals(error.status, "NUMERIC");
      }
    }
  },
);

onEveryIsa("tokenLoss refuses tables that break its layout", async (device) => {
  const problem = wholeProblem();
  const { teacher: _, ...withoutTeacher } = problem;
  const changed = (change: object): LossProblem => ({
    ...problem,
    rows: problem.rows.map((row, r) => r === 5 ? { ...row, ...change } : row),
  });
  const refused: [string, LossProblem][] = [
    ["row 5: target is 37", changed({ target: VOCAB })],
    ["row 5: certainty group is 2", changed({ group: 2 })],
    ["row 5: hard weight is nan", changed({ hard: NaN })],
    ["row 5: soft weight is inf", changed({ soft: Infinity })],
    ["row 0: soft weight is 0.5", withoutTeacher],
    ["group 1: weight is nan", { ...problem, groups: [1, NaN] }],
    ["temperature is 0", { ...problem, temperature: 0 }],
    ["temperature is -1", { ...problem, temperature: -1 }],
  ];
  for (const [text, given] of refused) {
    const error = await assertRejects(
      () => runLoss(device, given),
      EngineError,
      text,
    );
    assertEquals(error.status, "BAD_COMMAND");
  }
  const more = { ...problem, rows: [...problem.rows, problem.rows[0]!] };
  await assertRejects(
    () => runLoss(device, more, { maxRows: ROWS }),
    EngineError,
    "(rows_at) is 24, wanted at most 23",
  );
});

onEveryIsa(
  "tokenLoss refuses records that break its layout",
  async (device) => {
    using a = device.buffer(4 * 64);
    using b = device.buffer(4 * 64);
    using out = device.buffer(16 * 4);
    const good = {
      logits: a,
      dlogits: b,
      out,
      vocab: 8,
      logitsStride: 8,
      teacherStride: 8,
      dlogitsStride: 8,
      rowsAt: 0,
      groupsAt: 17,
      maxRows: 4,
      maxGroups: 0,
      flags: 0,
      temperature: 1,
    };
    const run = (change: object) =>
      runOnce(
        device,
        new Int32Array(18),
        (encoder) => encoder.tokenLoss({ ...good, ...change }),
      );
    await run({});
    const refused: [string, object][] = [
      ["max_rows", { maxRows: 0 }],
      ["vocab", { vocab: 0 }],
      ["flags", { flags: 2 }],
      ["stride of logits", { logitsStride: 7 }],
      ["to fit", { vocab: 2 ** 32 - 1, logitsStride: 2 ** 32 - 1 }],
      ["to fit", { maxRows: 9 }],
      ["rows_at", { rowsAt: 2 }],
      ["groups_at", { groupsAt: 18 }],
      ["groups_at", { maxGroups: 2 ** 32 - 1 }],
      ["dlogits and teacher overlap", { teacher: b }],
      ["logits and dlogits overlap", { dlogits: { id: a.id, offset: 4 } }],
      ["logits and out overlap", { out: { id: a.id, offset: 64 } }],
    ];
    for (const [text, change] of refused) {
      const error = await assertRejects(() => run(change), EngineError);
      assertEquals(error.status, "BAD_COMMAND");
      const words = text.split(" overlap")[0]!.split(" and ");
      assert(
        words.every((word) => error.message.includes(word)),
        error.message,
      );
    }
  },
);
