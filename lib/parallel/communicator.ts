/**
 * How ranks talk. Control messages go from one to another; numbers go through collectives that all ranks of a group enter in the
 * same order, as MPI, NCCL and HCCL want it. Implementations: {@linkcode InProcessGroup} for devices of one process.
 *
 * @module
 */

/** Address of the coordinator, which is not a rank of its own: it shares the process of rank 0. */
export const COORDINATOR: number = -1;

/** Plain data: objects, lists, numbers, strings, booleans, null, typed arrays. */
export type Message = { readonly kind: string };

/** One member's access to a group. Every method rejects with a `GroupAbortedError` once the group was given up. */
export interface Communicator {
  /** This member's rank, or {@linkcode COORDINATOR}. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Gives a message to a member; messages from one member to another arrive in order. */
  send(to: number, message: Message): Promise<void>;
  /** The next message to this member, from anyone. */
  receive(): Promise<Message>;
  /**
   * Gives `root`'s numbers to all ranks.
   *
   * @param values On the root: the numbers. Elsewhere: filled with them; the length must be the root's.
   */
  broadcast(root: number, values: Float32Array): Promise<void>;
  /** Replaces `values` on all ranks by their sum, added up in rank order. */
  allReduce(values: Float32Array): Promise<void>;
  /** All ranks' numbers, by rank. Lengths may differ. */
  allGather(values: Float64Array): Promise<readonly Float64Array[]>;
}
