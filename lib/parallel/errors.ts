/**
 * The errors of this floor. Each message says what was given, what is wanted and the remedy; each class carries the data.
 *
 * @module
 */

/** A mesh of ranks that does not fit the model or the machine. */
export class MeshError extends RangeError {
  /** Builds the error; `message`: what was given and what is wanted. */
  constructor(message: string) {
    super(message);
    this.name = "MeshError";
  }
}

/** A request that a cache protocol cannot serve, or a message that cannot occur under it. */
export class ProtocolError extends TypeError {
  /** The protocol's name. */
  readonly protocol: string;

  /** Builds the error; `protocol`: its name; `message`: what was given and what is wanted. */
  constructor(protocol: string, message: string) {
    super(`${protocol}: ${message}`);
    this.name = "ProtocolError";
    this.protocol = protocol;
  }
}

/** What a rank was doing in a round when it failed. */
export type RankPhase = "order" | "commit" | "pre-write" | "answer";

/** A rank died, hung or gave numbers that are none. */
export class RankError extends Error {
  /** Name of the class. */
  override name = "RankError";
  /** The rank at fault, as the mesh counts. */
  readonly rank: number;
  /** What it was doing. */
  readonly phase: RankPhase;

  /** Builds the error; `what`: how the rank failed; `cause`: what it threw, if it did. */
  constructor(
    at: { readonly rank: number; readonly phase: RankPhase },
    what: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(`rank ${at.rank} failed in phase ${at.phase}: ${what}`, options);
    this.rank = at.rank;
    this.phase = at.phase;
  }
}

/** Communication was given up because some rank failed. */
export class GroupAbortedError extends Error {
  /** Name of the class. */
  override name = "GroupAbortedError";

  /** Builds the error; `cause`: why the group was given up. */
  constructor(cause: unknown) {
    super("this group of ranks was given up; form another", { cause });
  }
}
