import { GREEDY } from "./greedy.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { nativeTest } from "../engine/_fixture.ts";
import { nativeModel, TEST_SHAPES } from "./_native.ts";
import { RequestError } from "./errors.ts";
import type { CacheOperation, ForwardRequest } from "./types.ts";

const PROMPT = [1, 2, 3, 4, 5];

/** Two branches over positions `[start, start + 4)` that predict their last two. */
function round(
  start: number,
  { cache, commitRows }: {
    readonly cache: readonly CacheOperation[];
    readonly commitRows: number;
  },
): ForwardRequest {
  const window = (shift: number) => ({
    start,
    tokens: Int32Array.from({ length: 4 }, (_, i) => (i + shift) % 13),
    predict: Int32Array.of(start + 2, start + 3),
  });
  return {
    cache,
    cached: start === 0 ? [] : [{ start: 0, end: start }],
    branches: start === 0
      ? [{
        start: 0,
        tokens: Int32Array.from(PROMPT),
        predict: Int32Array.of(1),
      }]
      : [window(1), window(6)],
    commitRows,
    visibility: { kind: "full" },
    sampling: GREEDY,
  };
}

for (const shape of TEST_SHAPES) {
  for (const dtype of ["f32", "bf16"] as const) {
    nativeTest(
      `a replica that takes rows from another equals it: ${shape.family} ${shape.heads}/${shape.kvHeads} ${dtype}`,
      async () => {
        await using model = await nativeModel(shape, { dtype });
        const own = model.open({ maxPositions: 24 });
        const other = model.open({ maxPositions: 24 });
        await own.forward(round(0, { cache: [], commitRows: 5 }));
        const prompt = { rows: 5, boundary: true };
        other.writeCommitted(
          { start: 0, ...prompt },
          own.readStaged({ branch: 0, ...prompt }),
        );
        const commit = {
          kind: "commit",
          branch: 0,
          rows: 5,
          boundary: true,
        } as const;
        const first = round(5, { cache: [], commitRows: 3 });
        const wanted = await own.forward({ ...first, cache: [commit] });
        assertEquals(
          (await other.forward(first)).branches,
          wanted.branches,
        );
        const chosen = { branch: 1, rows: 3, boundary: true };
        other.writeCommitted(
          { start: 5, rows: 3, boundary: true },
          own.readStaged(chosen),
        );
        await own.apply([{ kind: "commit", ...chosen }]);
        const range = { start: 0, end: 8 };
        assertEquals(other.readReplica(range), own.readReplica(range));
        const next = round(8, { cache: [], commitRows: 0 });
        assertEquals(
          (await other.forward(next)).branches,
          (await own.forward(next)).branches,
        );
        own.close();
        other.close();
      },
    );
  }
}

nativeTest(
  "a replica refuses rows that were not staged or do not fit",
  async () => {
    await using model = await nativeModel(TEST_SHAPES[0]!);
    const session = model.open({ maxPositions: 8 });
    await session.forward(round(0, { cache: [], commitRows: 5 }));
    assertThrows(
      () => session.readStaged({ branch: 1, rows: 5, boundary: false }),
      RequestError,
      "the last forward had 1 branches",
    );
    const staged = session.readStaged({ branch: 0, rows: 4, boundary: false });
    assertThrows(
      () =>
        session.writeCommitted({ start: 0, rows: 5, boundary: false }, staged),
      RequestError,
      "5 rows of this model take",
    );
    assertThrows(
      () =>
        session.writeCommitted({ start: 5, rows: 4, boundary: false }, staged),
      RequestError,
      "[5, 9) given",
    );
    await assertRejects(
      () => session.apply([{ kind: "truncate", length: -1 }]),
      RequestError,
      "cannot truncate",
    );
    session.close();
    assertThrows(
      () => session.readStaged({ branch: 0, rows: 1, boundary: false }),
      TypeError,
      "is closed",
    );
  },
);
