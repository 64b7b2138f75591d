/** A paged cache holds what one in one piece holds, wherever its pages lie, and commits without copying keys and values. */
import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  blockOptions,
  branchOptions,
  Coverage,
  observe,
  promptOf,
  tinyCases,
} from "../decoding/_exactness.ts";
import { d2f } from "../decoding/d2f.ts";
import { lopa } from "../decoding/lopa.ts";
import { nativeTest } from "../engine/_fixture.ts";
import { EMPTY_CACHE } from "../model/cache_state.ts";
import { CachePages } from "../model/cache_pages.ts";
import { RequestError } from "../model/errors.ts";
import { GREEDY } from "../model/greedy.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { DiffusionModel, ForwardRequest } from "../model/types.ts";
import { planWindow } from "../model/window_plan.ts";
import { Devices } from "./_replicas.ts";

nativeTest(
  "paged sessions decode as others do, bit for bit, with pages in any two pieces",
  async () => {
    await using devices = await Devices.open(1);
    const coverage = new Coverage();
    await fc.assert(
      fc.asyncProperty(
        tinyCases,
        blockOptions,
        branchOptions,
        fc.integer({ min: 3, max: 16 }),
        fc.constantFrom("full" as const, "block-causal" as const),
        async (given, block, branches, size, visibility) => {
          const source = randomSource(given.shape, given.weights);
          using model = await devices.single(source);
          const pages = Math.ceil(64 / size);
          const half = pages >> 1;
          const order = Array.from(
            { length: pages },
            (_, page) => (page + half) % pages,
          );
          const paged: DiffusionModel = {
            spec: model.spec,
            open: (options) =>
              model.open({
                ...options,
                maxPositions: 64,
                pages: { size, order },
              }),
          };
          const prompt = promptOf(given);
          for (
            const decoder of [
              d2f({ ...block, visibility }),
              lopa({ ...block, ...branches, visibility }),
            ]
          ) {
            const wanted = await observe(model, decoder, prompt);
            assertEquals(await observe(paged, decoder, prompt), wanted);
            coverage.add(wanted.trace);
          }
        },
      ),
      { seed: 31, numRuns: 40 },
    );
    coverage.check("branched", "cached", "accepted");
  },
);

/** A round under block-causal visibility that stages four rows. */
const ROUND: ForwardRequest = {
  cache: [],
  cached: [],
  branches: [{
    start: 0,
    tokens: Int32Array.of(1, 2, 3, 4, 5, 6),
    predict: new Int32Array(0),
  }],
  commitRows: 4,
  visibility: { kind: "block-causal", promptLength: 4, blockSize: 4 },
  sampling: GREEDY,
};

/** What a commit of the round's rows copies. */
function copiesOf(request: ForwardRequest): number {
  const pages = new CachePages(16, { size: 4 });
  const window = planWindow(request, { shift: true });
  const { table } = pages.commit([], [], EMPTY_CACHE);
  pages.preWrite(table, request, { state: EMPTY_CACHE, window });
  const commit = { branch: 0, rows: 4, start: 0, boundary: true };
  const state = { ...EMPTY_CACHE, written: [{ start: 0, end: 4 }] };
  const copy = { from: 0, to: 0, rows: 4 };
  return pages.commit([commit], [copy], state).copies.length;
}

Deno.test("a commit of rows that were written ahead copies none of them", () => {
  assertEquals(copiesOf(ROUND), 0);
});

Deno.test("under full attention the winner is not known ahead: the commit copies", () => {
  const full: ForwardRequest = { ...ROUND, visibility: { kind: "full" } };
  assertGreater(copiesOf(full), 0);
});

nativeTest(
  "a paged session reads its cache in the order of positions, and takes no rows from others",
  async () => {
    await using devices = await Devices.open(1);
    using model = await devices.single(randomSource(SHAPES.tiny));
    const read = async (pages?: { size: number; order: number[] }) => {
      const session = model.open({
        maxPositions: 8,
        ...(pages ? { pages } : {}),
      });
      await session.forward(ROUND);
      const commit = { branch: 0, rows: 4, boundary: true };
      await session.apply([{ kind: "commit", ...commit }]);
      if (pages) {
        assertThrows(
          () =>
            session.writeCommitted(
              { start: 4, ...commit },
              session.readStaged(commit),
            ),
          RequestError,
          "takes no rows from other replicas",
        );
      }
      const slice = await session.readCache(1, { start: 1, end: 4 });
      session.close();
      return slice;
    };
    assertEquals(await read({ size: 2, order: [3, 0, 2, 1] }), await read());
  },
);
