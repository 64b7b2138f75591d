/**
 * What happens in the rounds of a decode over several ranks: who got which order, who sent rows to whom, and what every cache holds
 * afterwards.
 *
 * @module
 */
import { createDecoder } from "../../decoding/registry.ts";
import type { DiffusionModel } from "../../model/types.ts";
import {
  BranchParallelModel,
  type Communicator,
  type RoundOrder,
} from "../../parallel/mod.ts";
import type { TensorSource } from "../../model/tensor_source.ts";
import { runDecode } from "../../decoding/decode.ts";
import { sha256 } from "../json.ts";
import type { DecoderData } from "./methods.ts";

/** What one rank did in a round. JSON. */
export type RankRound = {
  readonly rank: number;
  /** Branches of its share. */
  readonly branches: number;
  /** Positions that it computed. */
  readonly rows: number;
  /** Bytes of committed rows that it gave to the others, or took from another. */
  readonly sent: number;
  readonly received: number;
  /** Rows of its own that a commit made part of its cache without a message. */
  readonly copied: number;
  /** First digits of the SHA-256 of its cache and boundary row; empty where nothing is cached. */
  readonly digest: string;
};

/** One round. JSON. */
export type ProtocolRound = {
  readonly round: number;
  /** Branches of the request. */
  readonly branches: number;
  /** The branch whose predictions count. */
  readonly winner: number;
  /** Leading rows of each branch that the next round may commit. */
  readonly staged: number;
  /** Rows that this round's order commits. */
  readonly committed: number;
  /** Cached positions. */
  readonly cached: number;
  readonly ranks: readonly RankRound[];
};

/** A decode as its ranks saw it. JSON. */
export type ProtocolRecord = {
  readonly ids: readonly number[];
  readonly rounds: readonly ProtocolRound[];
};

/** A message that is lost: rank `rank` does not get the rows of the `collect`-th exchange that it takes part in, from 0. */
export type LostCommit = { readonly rank: number; readonly collect: number };

/** How a decode is laid out. */
export interface ProtocolSetup {
  readonly ranks: number;
  readonly protocol: "two-phase" | "single-phase";
  readonly decoder: DecoderData;
  readonly lost: LostCommit | null;
}

const DIGITS = 6;

/** Digest of a cache's numbers, bit by bit. */
function digestOf(values: Float32Array): string {
  const bytes = new Uint8Array(
    values.buffer,
    values.byteOffset,
    values.byteLength,
  );
  return sha256(bytes).slice(0, DIGITS);
}

/** Listens between the ranks of one model. */
class Listener {
  readonly #lost: LostCommit | null;
  readonly #collects = new Map<number, number>();
  orders = new Map<number, RoundOrder>();
  bytes = new Map<number, { sent: number; received: number }>();

  constructor(lost: LostCommit | null) {
    this.#lost = lost;
  }

  /** Forgets the round before. */
  reset(): void {
    this.orders = new Map();
    this.bytes = new Map();
  }

  readonly intercept = (own: Communicator, rank: number): Communicator => ({
    rank: own.rank,
    size: own.size,
    send: (to, message) => own.send(to, message),
    receive: async () => {
      const message = await own.receive();
      const { order } = message as { readonly order?: RoundOrder };
      if (order !== undefined) this.orders.set(rank, order);
      return message;
    },
    broadcast: async (root, values) => {
      const collects = root !== own.rank;
      const count = this.#collects.get(rank) ?? 0;
      if (collects) this.#collects.set(rank, count + 1);
      const lost = collects && this.#lost?.rank === rank &&
        this.#lost.collect === count;
      await own.broadcast(root, lost ? values.slice() : values);
      const known = this.bytes.get(rank) ?? { sent: 0, received: 0 };
      const bytes = lost ? 0 : values.byteLength;
      this.bytes.set(rank, {
        sent: known.sent + (collects ? 0 : bytes),
        received: known.received + (collects ? bytes : 0),
      });
    },
    allReduce: (values) => own.allReduce(values),
    allGather: (values) => own.allGather(values),
  });

  /** What a rank did in the round. */
  of(rank: number, digest: string): RankRound {
    const order = this.orders.get(rank);
    const work = order?.work ?? null;
    const shared = work === null || work.visibility.kind === "full"
      ? 0
      : work.commitRows;
    const rows = work?.branches.reduce(
      (sum, { tokens }) => sum + tokens.length - shared,
      shared,
    );
    const asked = work?.branches.filter(({ predict }) => predict.length > 0);
    const copied = order?.operations.reduce(
      (sum, operation) =>
        sum + (operation.kind === "commit" ? operation.rows : 0),
      0,
    );
    return {
      ...{ rank, branches: asked?.length ?? 0, rows: rows ?? 0, digest },
      ...this.bytes.get(rank) ?? { sent: 0, received: 0 },
      copied: copied ?? 0,
    };
  }
}

/** Decodes `prompt` over ranks and records every round. Rejects with what model, decoder and protocol throw. */
export async function recordProtocol(
  source: TensorSource,
  prompt: Int32Array,
  { ranks, protocol, decoder, lost }: ProtocolSetup,
): Promise<ProtocolRecord> {
  const listener = new Listener(lost);
  const { intercept } = listener;
  await using model = await BranchParallelModel.create(source, {
    ...{ mesh: { bp: ranks, tp: 1 }, protocol, intercept },
  });
  const rounds: Omit<ProtocolRound, "winner">[] = [];
  const listened: DiffusionModel = {
    spec: model.spec,
    open(options) {
      const session = model.open(options);
      return {
        async forward(request) {
          listener.reset();
          const answer = await session.forward(request);
          const cached = Math.max(0, ...request.cached.map(({ end }) => end));
          const caches = cached === 0
            ? []
            : session.readReplicas({ start: 0, end: cached });
          rounds.push({
            ...{ round: rounds.length + 1, cached },
            branches: request.branches.length,
            staged: request.commitRows,
            committed: request.cache.reduce(
              (sum, operation) =>
                sum + (operation.kind === "commit" ? operation.rows : 0),
              0,
            ),
            ranks: Array.from({ length: ranks }, (_, rank) => {
              const cache = caches[rank];
              return listener.of(
                rank,
                cache === undefined ? "" : digestOf(cache),
              );
            }),
          });
          return answer;
        },
        close: () => session.close(),
      };
    },
  };
  const { steps, result } = await runDecode(
    listened,
    createDecoder(decoder),
    prompt,
  );
  return {
    ids: [...result.ids],
    rounds: rounds.map((round, i) => ({ ...round, winner: steps[i]!.winner })),
  };
}
