/**
 * How the shards of a replica that live in this process reach all of them.
 *
 * @module
 */
import { type Device, DeviceGroup, EngineError } from "../engine/mod.ts";
import type { Communicator } from "./communicator.ts";
import { GroupAbortedError, RankError } from "./errors.ts";
import { InProcessGroup } from "./in_process.ts";
import type { GroupMembership } from "./shard_pieces.ts";

/** The links of one session; shards are counted among those of this process. */
export interface ShardLinks {
  /** To all shards of the replica, for the length of a forward. */
  communicator(shard: number): Communicator;
  /** The device among those that add up by themselves; `null` where the host adds up. */
  membership(shard: number): GroupMembership | null;
  /** Lets the others go when a shard has failed; gives what the session is to throw. */
  failed(shard: number, error: unknown): unknown;
  /** Gives up everything that is pending. Idempotent. */
  close(): void;
}

/** Links between shards that all live in this process. */
export class LocalShards implements ShardLinks {
  readonly #group: InProcessGroup;
  readonly #communicators: readonly Communicator[];
  /** The devices as they add up; `null` for a single one. */
  readonly #devices: DeviceGroup | null;
  readonly #firstRank: number;

  /** Links one device for each shard; errors name the first of them `firstRank`. */
  constructor(devices: readonly Device[], firstRank: number) {
    const { length } = devices;
    this.#group = new InProcessGroup(length);
    this.#communicators = devices.map((_, shard) =>
      this.#group.communicator(shard)
    );
    this.#devices = length === 1
      ? null
      : new DeviceGroup(devices[0]!.library, length);
    this.#firstRank = firstRank;
  }

  /** To all shards. */
  communicator(shard: number): Communicator {
    return this.#communicators[shard]!;
  }

  /** The shard's device among all. */
  membership(shard: number): GroupMembership | null {
    return this.#devices && { group: this.#devices, member: shard };
  }

  /** A {@linkcode RankError}, or a `GroupAbortedError` where another shard failed before. */
  failed(shard: number, error: unknown): unknown {
    if (error instanceof GroupAbortedError) return error;
    if (error instanceof EngineError && error.status === "ABORTED") {
      return new GroupAbortedError(error);
    }
    const what = error instanceof Error ? error.message : String(error);
    const at = { rank: this.#firstRank + shard, phase: "pre-write" } as const;
    const failure = new RankError(at, what, { cause: error });
    this.#group.abort(failure);
    this.#devices?.abort();
    return failure;
  }

  /** Gives up everything that is pending. Idempotent. */
  close(): void {
    this.#group.abort(new Error("the session was closed"));
    this.#devices?.destroy();
  }
}

/** Links of one shard to others in other processes, whose coordinator is told of failures as they are. */
export function remoteShards(communicator: () => Communicator): ShardLinks {
  return {
    communicator,
    membership: () => null,
    failed: (_, error) => error,
    close: () => {},
  };
}
