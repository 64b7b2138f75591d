import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { onEveryIsa, randomFloats, randomMatrix } from "./_fixture.ts";
import { type HeadAnswer, runHead } from "./_head_case.ts";
import { head, type HeadResult, type Matrix, row, toBf16 } from "./_oracle.ts";
import { EngineError } from "./errors.ts";
import type { HeadRequest } from "./parameters.ts";

/** Logits spread so that filters cut somewhere in the middle. */
function logitsOf(rows: number, vocab: number, seed: number): Matrix {
  const matrix = randomMatrix(rows, vocab, { seed });
  return { ...matrix, data: matrix.data.map((x) => 6 * x) };
}

function assertClose(got: HeadAnswer, want: HeadResult, what: string): void {
  assertEquals(got.token, want.token, `${what}: token`);
  for (
    const key of ["probability", "margin", "negEntropy", "maxLogit"] as const
  ) {
    assertAlmostEquals(got[key], want[key], 3e-6, `${what}: ${key}`);
  }
}

/** Sampling options that differ in everything. */
const OPTIONS: Omit<HeadRequest, "row">[] = [
  {},
  { raw: true },
  { entropyEpsilon: 0.01 },
  { topP: 0.5 },
  { topK: 3 },
  { topP: 0.9, topK: 5, raw: true },
  { topP: 0 },
  { topK: 1 },
  { temperature: 1 },
  { temperature: 0.3, topP: 0.95 },
  { temperature: 2, topK: 7 },
  { temperature: 1.5, topP: 0.8, topK: 20, raw: true },
];

onEveryIsa("head equals the plain sampler for every option", async (device) => {
  for (const vocab of [2, 17, 130]) {
    const logits = logitsOf(OPTIONS.length, vocab, vocab);
    const uniforms = randomFloats(OPTIONS.length, 4).map((x) => (x + 1) / 2);
    const requests = OPTIONS.map((options, i) => ({
      row: OPTIONS.length - 1 - i,
      uniform: uniforms[i]!,
      ...options,
    }));
    const barred = vocab > 2 ? [0, vocab - 1] : [];
    const got = await runHead(device, { logits, requests, barred });
    requests.forEach((request, i) => {
      const want = head(row(logits, request.row), request, barred);
      assertClose(
        got[i]!,
        want,
        `vocabulary ${vocab}, ${JSON.stringify(request)}`,
      );
      assertEquals(got[i]!.logits, row(logits, request.row).slice());
    });
  }
});

onEveryIsa(
  "entropy over thousands of tokens is that of double precision, far finer than thresholds are told apart",
  async (device) => {
    const vocab = 4096;
    const flat = randomMatrix(1, vocab, { seed: 3 }).data;
    // Nothing decided, a tie of two above the rest, and one that is nearly sure.
    const rows = [[0, 0], [11, 11], [13, 9]].map(([first, second]) => {
      const logits = flat.slice();
      [logits[7], logits[vocab - 1]] = [first!, second!];
      return logits;
    });
    const data = new Float32Array(3 * vocab);
    rows.forEach((logits, i) => data.set(logits, i * vocab));
    const got = await runHead(device, {
      logits: { data, rows: 3, columns: vocab },
      requests: rows.map((_, row) => ({ row })),
    });
    rows.forEach((logits, i) => {
      const top = logits.reduce((a, b) => Math.max(a, b));
      let mass = 0, weighted = 0;
      for (const logit of logits) {
        const e = Math.exp(logit - top);
        mass += e;
        weighted += e * (logit - top);
      }
      const entropy = Math.log(mass) - weighted / mass;
      assertAlmostEquals(-got[i]!.negEntropy, entropy, 3e-5, `row ${i}`);
    });
  },
);

onEveryIsa("head rounds as a bfloat16 reference does", async (device) => {
  const logits = logitsOf(OPTIONS.length, 90, 12);
  const uniforms = randomFloats(OPTIONS.length, 5).map((x) => (x + 1) / 2);
  const requests = OPTIONS.map((options, i) => ({
    row: i,
    bf16: true,
    uniform: uniforms[i]!,
    ...options,
  }));
  const got = await runHead(device, { logits, requests });
  requests.forEach((request, i) => {
    const want = head(row(logits, i), request);
    const what = JSON.stringify(request);
    assertEquals(got[i]!.token, want.token, what);
    assertEquals(got[i]!.probability, want.probability, what);
    assertEquals(got[i]!.margin, want.margin, what);
    assertEquals(got[i]!.negEntropy, want.negEntropy, what);
    for (const key of ["probability", "margin", "negEntropy"] as const) {
      assertEquals(toBf16(got[i]![key]), got[i]![key], `${what}: ${key}`);
    }
  });
});

onEveryIsa(
  "head takes the lowest id among equals, also where only bf16 makes them equal",
  async (device) => {
    const logits: Matrix = {
      rows: 2,
      columns: 4,
      data: Float32Array.of(1, 3, 3, 2, 0, 5, 5.001, -1),
    };
    const [plain, close, rounded] = await runHead(device, {
      logits,
      requests: [{ row: 0 }, { row: 1 }, { row: 1, bf16: true }],
      topCount: 3,
    });
    assertEquals([plain!.token, close!.token, rounded!.token], [1, 2, 1]);
    assertEquals(plain!.margin, 0);
    assertEquals(plain!.top.map(({ id }) => id), [1, 2, 3]);
    assertEquals(rounded!.top.map(({ id }) => id).slice(0, 2), [1, 2]);
  },
);

onEveryIsa(
  "head draws by the cumulative distribution in id order",
  async (device) => {
    const p = [0.1, 0.4, 0.2, 0.3];
    const logits: Matrix = {
      rows: 1,
      columns: 4,
      data: Float32Array.from(p, Math.log),
    };
    const uniforms = [
      0,
      0.0999,
      0.1001,
      0.4999,
      0.5001,
      0.6999,
      0.7001,
      1 - 2 ** -53,
    ];
    const got = await runHead(device, {
      logits,
      requests: uniforms.map((uniform) => ({
        row: 0,
        temperature: 1,
        uniform,
      })),
    });
    assertEquals(got.map(({ token }) => token), [0, 0, 1, 1, 2, 2, 3, 3]);
  },
);

onEveryIsa("head answers from boundary rows", async (device) => {
  const logits = logitsOf(2, 9, 20);
  const boundary = logitsOf(3, 9, 21);
  const got = await runHead(device, {
    logits,
    boundary,
    requests: [{ row: 2, boundary: true }, { row: 1 }, {
      row: 0,
      boundary: true,
    }],
  });
  assertClose(got[0]!, head(row(boundary, 2), { row: 2 }), "boundary row 2");
  assertClose(got[1]!, head(row(logits, 1), { row: 1 }), "row 1");
  assertClose(got[2]!, head(row(boundary, 0), { row: 0 }), "boundary row 0");
});

onEveryIsa(
  "head lists the most probable tokens of the drawn distribution",
  async (device) => {
    const logits = logitsOf(3, 40, 22);
    const requests = [{ row: 0 }, { row: 1, topK: 2 }, {
      row: 2,
      temperature: 2,
      uniform: 0.5,
    }];
    const got = await runHead(device, {
      logits,
      requests,
      topCount: 6,
      barred: [3],
    });
    requests.forEach((request, i) => {
      const { drawn } = head(row(logits, request.row), request, [3]);
      const order = [...drawn.keys()].sort((a, b) =>
        drawn[b]! - drawn[a]! || a - b
      );
      got[i]!.top.forEach(({ id, probability }, rank) => {
        assertAlmostEquals(probability, drawn[order[rank]!]!, 1e-6);
        if (probability > 0) assertEquals(id, order[rank]);
      });
    });
  },
);

onEveryIsa("head never returns a barred token", async (device) => {
  const logits = logitsOf(1, 8, 23);
  const best = head(row(logits, 0), { row: 0 }).token;
  const [got] = await runHead(device, {
    logits,
    requests: [{ row: 0 }],
    barred: [best],
  });
  assert(got!.token !== best);
  assertClose(
    got!,
    head(row(logits, 0), { row: 0 }, [best]),
    "without the best",
  );
});

onEveryIsa(
  "head names the request whose logits are not finite",
  async (device) => {
    for (const bad of [NaN, Infinity]) {
      const logits = logitsOf(3, 8, 24);
      logits.data[2 * 8 + 5] = bad;
      const error = await assertRejects(
        () => runHead(device, { logits, requests: [{ row: 0 }, { row: 2 }] }),
        EngineError,
        "request 1",
      );
      assertEquals(error.status, "NUMERIC");
    }
  },
);

onEveryIsa("head refuses options out of range", async (device) => {
  const logits = logitsOf(2, 8, 25);
  const bad: Record<string, { requests: HeadRequest[]; barred?: number[] }> = {
    "row is 2": { requests: [{ row: 2 }] },
    "boundary_rows": { requests: [{ row: 0, boundary: true }] },
    "temperature is -1": { requests: [{ row: 0, temperature: -1 }] },
    "temperature is nan": { requests: [{ row: 0, temperature: NaN }] },
    "top_p is -0.5": { requests: [{ row: 0, topP: -0.5 }] },
    "top_k is -3": { requests: [{ row: 0, topK: -3 }] },
    "uniform is 1": { requests: [{ row: 0, temperature: 1, uniform: 1 }] },
    "barred id 0 is 8": { requests: [{ row: 0 }], barred: [8] },
    "all 8 ids are barred": {
      requests: [{ row: 0 }],
      barred: [0, 1, 2, 3, 4, 5, 6, 7],
    },
  };
  for (const [message, given] of Object.entries(bad)) {
    const error = await assertRejects(
      () => runHead(device, { logits, ...given }),
      EngineError,
      message,
    );
    assertEquals(error.status, "BAD_COMMAND");
  }
});
