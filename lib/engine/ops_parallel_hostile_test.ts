/** Records of divided models in which any words are wrong: every one runs to a sound result or is refused by name. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { library, nativeTest, upload } from "./_fixture.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { EngineError } from "./errors.ts";
import { DeviceGroup } from "./group.ts";
import { HEADER_BYTES, RECORD_BYTES } from "./ops.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

/** Some words of an array become others; places count from 0 to 1. */
type Damage = readonly {
  readonly place: number;
  readonly word: number;
}[];

const word = fc.oneof(
  fc.nat(70),
  fc.constantFrom(
    ...[0xffffffff, 0x80000000, 0x7fffffff, 0x40000000, 0x10000, 4096],
    ...[0x7f800000, 0xff800000, 0x7fc00000, 0x7f7fffff, 0x3f800000],
  ),
  fc.nat(0xffffffff),
);

const damage: fc.Arbitrary<Damage> = fc.array(
  fc.record({
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    word,
  }),
  { maxLength: 3 },
);

/** Sets words from byte `begin` on. */
function damaged(
  bytes: Uint8Array<ArrayBuffer>,
  changes: Damage,
  begin = 0,
): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(bytes.slice().buffer);
  const first = begin / 4;
  for (const { place, word } of changes) {
    words[first + Math.floor(place * (words.length - first))] = word;
  }
  return new Uint8Array(words.buffer);
}

/** What a run ends with: null, or an error that names what is wrong and where. */
async function end(run: Promise<unknown>, op: string): Promise<string | null> {
  try {
    await run;
    return null;
  } catch (error) {
    assert(error instanceof EngineError, String(error));
    assert(error.message.includes(`record 0 (${op}): `), error.message);
    return error.status;
  }
}

const PAYLOAD = HEADER_BYTES + RECORD_BYTES;
const COLUMNS = 7;
const REQUESTS = 3;

const layout = new ParameterLayout();
const requestsAt = layout.reserveRequests(REQUESTS);
const barredAt = layout.reserveIds(2);

/** The words of three requests and two barred columns. */
function shardWords(): Int32Array<ArrayBuffer> {
  const table = new ParameterTable(layout);
  const rows = new Int32Array(REQUESTS);
  table.setHeadRows(requestsAt, { rows, uniforms: null });
  table.setIds(barredAt, [1, 4]);
  return table.words;
}

nativeTest(
  "shardSums and shardWinners: whatever a record, its table and its logits hold, results are probabilities or the error is named",
  async () => {
    using device = await Device.open({ library: library!, threads: 2 });
    using params = device.buffer(4 * layout.words);
    const seen = new Set<string | null>();
    await fc.assert(
      fc.asyncProperty(
        ...[damage, damage, fc.boolean()] as const,
        fc.array(word, { minLength: 24, maxLength: 24 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (inRecord, inTable, winners, noise, share) => {
          using logits = upload(
            device,
            Uint32Array.from(noise, (x, i) => i < 24 * share ** 4 ? x : 0),
          );
          using sums = upload(
            device,
            new Float64Array(2 * REQUESTS).fill(70).map((x, i) => x - i % 2),
          );
          using out = device.buffer(40 * REQUESTS);
          const encoder = new CommandEncoder({ params });
          const fields = {
            ...{ logits, columns: COLUMNS, stride: 8, requestsAt, barredAt },
            ...{ maxRequests: REQUESTS, out },
          };
          if (winners) encoder.shardWinners({ ...fields, sums });
          else encoder.shardSums(fields);
          const commands = encoder.finish() as Uint8Array<ArrayBuffer>;
          const words = new Uint8Array(shardWords().buffer);
          const status = await end(
            device.submit(damaged(commands, inRecord, PAYLOAD), {
              params: new Int32Array(damaged(words, inTable).buffer),
            }),
            winners ? "SHARD_WINNERS" : "SHARD_SUMS",
          );
          seen.add(status);
          if (status !== null) {
            assert(
              ["BAD_COMMAND", "BAD_HANDLE", "NUMERIC"].includes(status),
              status,
            );
            return;
          }
          const results = out.read(new Float64Array(5 * REQUESTS));
          assertEquals(results.some(Number.isNaN), false);
          if (!winners || inRecord.length > 0) return;
          for (let r = 0; r < REQUESTS; r++) {
            const [first, column, second, entropy, mass] = results.subarray(
              5 * r,
            );
            assert(first! <= 1 && second! <= first! && second! >= 0);
            assert(column! >= 0 && column! < COLUMNS);
            assert(Number.isFinite(entropy) && mass! <= COLUMNS);
          }
        },
      ),
      { numRuns: 1500, seed: 7 },
    );
    assertEquals(
      [...seen].map(String).toSorted(),
      ["BAD_COMMAND", "BAD_HANDLE", "NUMERIC", "null"],
    );
  },
);

/** A member's all-reduce of some rows of 2, with some words wrong, but for the group's: what names no group cannot let go of it. */
async function reduce(
  device: Device,
  given: {
    readonly group: DeviceGroup;
    readonly member: number;
    readonly rows: number;
    readonly changes: Damage;
  },
): Promise<string | null> {
  const { group, member, rows, changes } = given;
  using params = device.buffer(4);
  using values = device.buffer(4 * 12);
  const encoder = new CommandEncoder({ params });
  const shape = { width: 2, stride: 3, rowsAt: 0, maxRows: 4 };
  encoder.allReduce({ group, values, member, ...shape });
  const commands = encoder.finish() as Uint8Array<ArrayBuffer>;
  const run = device.submit(damaged(commands, changes, PAYLOAD + 8), {
    params: Int32Array.of(rows),
    blocking: false,
  });
  return await end(run, "ALL_REDUCE");
}

nativeTest(
  "allReduce: whatever one member's record and rows hold, both members come back with a sum or a named error",
  async () => {
    using one = await Device.open({ library: library!, threads: 1 });
    using other = await Device.open({ library: library!, threads: 2 });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        ...[damage, fc.nat(1)] as const,
        fc.oneof(fc.constant(3), word),
        async (changes, member, rows) => {
          using group = new DeviceGroup(library!, 2);
          const [hostile, sound] = await Promise.all([
            reduce(one, { group, member, rows: rows | 0, changes }),
            reduce(other, { group, member: 1 - member, rows: 3, changes: [] }),
          ]);
          seen.add(`${hostile}, ${sound}`);
        },
      ),
      { numRuns: 500, seed: 7 },
    );
    const common = ["null, null", "BAD_COMMAND, ABORTED"];
    for (const ends of common) assert(seen.has(ends), [...seen].join("; "));
  },
);

nativeTest(
  "allReduce: a submit that is refused for another record lets the others go",
  async () => {
    using one = await Device.open({ library: library!, threads: 1 });
    using other = await Device.open({ library: library!, threads: 1 });
    using group = new DeviceGroup(library!, 2);
    using params = one.buffer(4);
    using values = one.buffer(4);
    const encoder = new CommandEncoder({ params });
    const shape = { width: 1, stride: 1, rowsAt: 0, maxRows: 1 };
    encoder.swiglu({
      ...{ input: values, out: values, width: 0, inStride: 0, outStride: 0 },
      ...{ rowsAt: 0, maxRows: 1 },
    });
    encoder.allReduce({ group, values, member: 0, ...shape });
    const waiting = reduce(other, { group, member: 1, rows: 3, changes: [] });
    assertEquals(
      await end(one.submit(encoder.finish()), "SWIGLU"),
      "BAD_COMMAND",
    );
    assertEquals(await waiting, "ABORTED");
  },
);
