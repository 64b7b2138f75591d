/**
 * What the ranks of a group do together over MPI, in terms of bytes that are broadcast and gathered.
 *
 * @module
 */
import type { Communicator } from "./communicator.ts";
import type { MpiLibrary } from "./mpi_library.ts";
import { sumOfRanks } from "./rank_sum.ts";

/** What all ranks of a group do together. */
export type Collectives = Pick<
  Communicator,
  "broadcast" | "allReduce" | "allGather"
>;

/** Ranks of a group, and the own one among them. */
export interface RankSet {
  readonly id: bigint;
  readonly rank: number;
  readonly size: number;
}

/** Begins an operation and waits until what it brings is in `out`. */
export type Complete = (
  begin: (library: MpiLibrary) => bigint,
  out: Uint8Array<ArrayBuffer>,
) => Promise<void>;

/** Numbers of a rank that travel together with their count; if any rank has more, the others follow. */
const AT_ONCE = 511;

/** The collectives of a group. */
export function collectivesOver(
  { id, rank, size }: RankSet,
  complete: Complete,
): Collectives {
  /** Equally many bytes of every rank, by rank. */
  const gather = async (bytes: Uint8Array<ArrayBuffer>) => {
    const out = new Uint8Array(bytes.length * size);
    await complete((library) => library.allGather(id, bytes), out);
    return Array.from(
      { length: size },
      (_, r) => out.slice(r * bytes.length, (r + 1) * bytes.length),
    );
  };
  return {
    broadcast: async (root, values) => {
      const bytes = bytesOf(values);
      const out = bytes.slice();
      await complete((library) => library.broadcast(id, root, bytes), out);
      if (root !== rank) bytesOf(values).set(out);
    },
    allReduce: async (values) => {
      const all = await gather(bytesOf(values));
      values.set(sumOfRanks(all.map(({ buffer }) => new Float32Array(buffer))));
    },
    allGather: async (values) => {
      const first = new Float64Array(1 + AT_ONCE);
      first[0] = values.length;
      first.set(values.subarray(0, AT_ONCE), 1);
      const firsts = (await gather(bytesOf(first))).map(numbersOf);
      const lengths = firsts.map(([length]) => length!);
      const longest = Math.max(...lengths);
      const rest = new Float64Array(Math.max(0, longest - AT_ONCE));
      rest.set(values.subarray(AT_ONCE));
      const rests = rest.length === 0
        ? []
        : (await gather(bytesOf(rest))).map(numbersOf);
      return lengths.map((length, r) => {
        const all = new Float64Array(length);
        all.set(firsts[r]!.subarray(1, 1 + length));
        if (length > AT_ONCE) {
          all.set(rests[r]!.subarray(0, length - AT_ONCE), AT_ONCE);
        }
        return all;
      });
    },
  };
}

/** The numbers whose memory these bytes are. */
function numbersOf({ buffer }: Uint8Array<ArrayBuffer>): Float64Array {
  return new Float64Array(buffer);
}

/** The memory of an array. */
function bytesOf(
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
