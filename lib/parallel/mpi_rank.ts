/**
 * A rank in a process of its own: opens a session whenever the coordinator does, and serves its orders.
 *
 * @module
 */
import type { ReplicaModel } from "../model/replica.ts";
import type { Communicator, Message } from "./communicator.ts";
import { RankError } from "./errors.ts";
import type { Collectives } from "./mpi_collectives.ts";
import type { MpiJob } from "./mpi_job.ts";
import type { MpiMesh } from "./mpi_mesh.ts";
import type { RankWatch } from "./mpi_watch.ts";
import { progressOf } from "./phase_clock.ts";
import type { ProtocolName } from "./protocol.ts";
import { CACHE_PROTOCOLS } from "./protocols.ts";
import { type AnswerMessage, openReplica, serveRank } from "./rank.ts";

/** Opens a session. */
export interface OpenMessage {
  /** Kind of the message. */
  readonly kind: "open";
  /** Longest sequence. */
  readonly maxPositions: number;
  /** How the winner's rows come into every cache. */
  readonly protocol: ProtocolName;
  /** Longest that a round may take. */
  readonly timeoutMs: number;
  /** Rounds up to this one are over. */
  readonly after: number;
}

/** A message to a rank between sessions; within one, `RankMessage`s come. */
export type SessionMessage = OpenMessage | { readonly kind: "quit" };

/** How a rank joins in. */
export interface MpiRankParts extends MpiJob {
  /** The mesh over the ranks. */
  readonly mesh: MpiMesh;
  /** Holds the same weights, in the same type, as the replicas of the other ranks; or this rank's shard of them. */
  readonly model: ReplicaModel;
  /** Puts something between the rank and the others; for tests. */
  readonly intercept?: (communicator: Communicator) => Communicator;
}

/** A coordinator that is silent for so many times the longest round is lost; rank 1 knows best where. */
const PATIENCE = { informed: 3, others: 4 };

/**
 * Serves sessions one after another until the coordinator ends the job's work.
 *
 * @throws {RankError} When the coordinator is silent for too long, or no session can be opened.
 * @throws {GroupAbortedError} When communication was given up.
 */
export async function serveMpiRank(parts: MpiRankParts): Promise<void> {
  const { group } = parts;
  const communicator = group.communicator();
  while (true) {
    const message = await communicator.receive() as Message & SessionMessage;
    if (message.kind === "quit") return;
    if (message.kind === "open") await serveSession(parts, message);
  }
}

async function serveSession(
  { group, mesh, watch, model, intercept = (inner) => inner }: MpiRankParts,
  { maxPositions, protocol: name, timeoutMs, after }: OpenMessage,
): Promise<void> {
  const { rank } = group;
  const protocol = CACHE_PROTOCOLS[name];
  const times = rank === 1 ? PATIENCE.informed : PATIENCE.others;
  const limit = { watch, limitMs: times * timeoutMs };
  const communicator = intercept(
    impatient(answering(watching(mesh, watch), mesh, rank), limit),
  );
  mesh.guard((shards) => impatient(noticed(shards, watch, timeoutMs), limit));
  const progress = progressOf(rank, ({ phase }) => {
    watch.tell({ phase, waitingFor: null });
    // Shards wait for each other while they compute.
    group.computing = phase === "pre-write" && mesh.sizes.tp === 1;
  });
  watch.tell({ phase: "order", waitingFor: null });
  const session = openReplica(model, { maxPositions, protocol, rank });
  try {
    await serveRank({ communicator, session, protocol, progress, after });
  } finally {
    session.close();
  }
}

/** The rank among its counterparts; tells the watch whose rows it waits for. */
function watching(mesh: MpiMesh, watch: RankWatch): Communicator {
  const inner = mesh.branches;
  return {
    ...inner,
    broadcast: async (root, values) => {
      const waitingFor = root === inner.rank ? "all" : mesh.counterpart(root);
      watch.tell({ phase: "commit", waitingFor });
      await inner.broadcast(root, values);
      watch.tell({ phase: "commit", waitingFor: null });
    },
  };
}

/** Answers by the rank of the job. All shards of a replica predict the same: the first one speaks. */
function answering(
  inner: Communicator,
  { place }: MpiMesh,
  rank: number,
): Communicator {
  return {
    ...inner,
    send: (to, message) => {
      const answer = message as Message & AnswerMessage;
      const placed: AnswerMessage = answer.kind === "answer" && place.shard > 0
        ? { ...answer, rank, predictions: null }
        : { ...answer, rank };
      return inner.send(to, placed);
    },
  };
}

/** Share of the longest round after which a rank that waits for other shards says so. */
const NOTICE = 0.25;

/** Tells the watch when other shards keep the rank waiting. */
function noticed(
  inner: Collectives,
  watch: RankWatch,
  timeoutMs: number,
): Collectives {
  const told = async <T>(event: Promise<T>): Promise<T> => {
    let waits = false;
    const timer = setTimeout(() => {
      waits = true;
      watch.tell({ phase: "pre-write", waitingFor: "all" });
    }, NOTICE * timeoutMs);
    try {
      return await event;
    } finally {
      clearTimeout(timer);
      if (waits) watch.tell({ phase: "pre-write", waitingFor: null });
    }
  };
  return {
    broadcast: (root, values) => told(inner.broadcast(root, values)),
    allReduce: (values) => told(inner.allReduce(values)),
    allGather: (values) => told(inner.allGather(values)),
  };
}

/** Gives the coordinator up once anything takes longer than `limitMs`: it would have judged by then, were it alive. */
function impatient<C extends Collectives & Partial<Communicator>>(
  inner: C,
  { watch, limitMs }: { readonly watch: RankWatch; readonly limitMs: number },
): C {
  const within = async <T>(event: Promise<T>): Promise<T> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const { phase } = watch.placeOf(0);
      late.reject(
        new RankError({ rank: 0, phase }, `silent for ${limitMs} ms`),
      );
    }, limitMs);
    try {
      return await Promise.race([event, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    ...inner,
    send: (to: number, message: Message) => within(inner.send!(to, message)),
    receive: () => within(inner.receive!()),
    broadcast: (root: number, values: Float32Array) =>
      within(inner.broadcast(root, values)),
    allReduce: (values: Float32Array) => within(inner.allReduce(values)),
    allGather: (values: Float64Array) => within(inner.allGather(values)),
  };
}
