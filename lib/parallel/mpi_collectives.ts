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
      const own = Float64Array.of(values.length);
      const lengths = (await gather(bytesOf(own)))
        .map((bytes) => new Float64Array(bytes.buffer)[0]!);
      const padded = new Float64Array(Math.max(...lengths));
      padded.set(values);
      const all = await gather(bytesOf(padded));
      return all.map((bytes, r) =>
        new Float64Array(bytes.buffer).slice(0, lengths[r]!)
      );
    },
  };
}

/** The memory of an array. */
function bytesOf(
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
