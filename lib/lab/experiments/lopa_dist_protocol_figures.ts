/**
 * Figures of the cache protocols: the messages of a committing round, and every cache after every round.
 *
 * @module
 */
import { digestGridFigure } from "../../figures/digest_grid.ts";
import {
  type MessageRow,
  messageTimelineFigure,
} from "../../figures/message_timeline.ts";
import type { Figure } from "../../figures/types.ts";
import type { ProtocolRound, RankRound } from "./lopa_dist_protocol_record.ts";
import { equalCaches, runName } from "./lopa_dist_protocol_tables.ts";
import type { ProtocolCell } from "./lopa_dist_protocols.ts";

const COORDINATOR = "coordinator";

/** Places on the axis: where orders arrive, where work begins and ends. */
const AXIS = {
  order: [0.15, 0.65],
  prewrite: [0.7, 2.3],
  answer: [2.35, 2.85],
  select: [2.7, 3.75],
  next: [3.8, 4.3],
  commit: [4.35, 5.65],
  forward: [5.75, 7.15],
  done: [7.2, 7.6],
} as const;

type Slot = keyof typeof AXIS;

function laneOf({ rank }: RankRound, round: ProtocolRound): string {
  const role = rank >= round.branches
    ? "no branch"
    : rank === round.winner
    ? "winner"
    : "loser";
  return `rank ${rank}: ${role}`;
}

/** Draws one round that stages rows and the next, which commits them. */
class Exchange {
  readonly rows: MessageRow[] = [];
  readonly #panel: string;

  constructor(
    panel: string,
    [staging, committing]: readonly [ProtocolRound, ProtocolRound],
  ) {
    this.#panel = panel;
    for (const own of staging.ranks) {
      const lane = laneOf(own, staging);
      const after = committing.ranks[own.rank]!;
      this.#message("order", COORDINATOR, lane);
      this.#box("prewrite", lane, "compute", prewriteText(own, staging));
      this.#message("answer", lane, COORDINATOR);
      this.#message("next", COORDINATOR, lane);
      this.#box("commit", lane, "commit", commitText(after, committing));
      if (after.rows > 0) {
        this.#box(
          "forward",
          lane,
          "compute",
          `forward<br>${after.rows} rows`,
        );
      }
      this.#message("done", lane, COORDINATOR);
    }
    const [owner] = committing.ranks.filter(({ sent }) => sent > 0);
    for (const own of committing.ranks) {
      if (owner === undefined || own.received === 0) continue;
      this.#exchange(
        laneOf(staging.ranks[owner.rank]!, staging),
        laneOf(staging.ranks[own.rank]!, staging),
        Math.abs(own.rank - owner.rank),
      );
    }
    this.rows.unshift({
      ...{ panel, lane: COORDINATOR, to: null, kind: "select" },
      ...{ from: AXIS.select[0], until: AXIS.select[1] },
      text: `select:<br>branch ${staging.winner}`,
    });
  }

  #box(
    slot: Slot,
    lane: string,
    kind: MessageRow["kind"],
    text: string | null,
  ): void {
    if (text === null) return;
    const [from, until] = AXIS[slot];
    this.rows.push({
      ...{ panel: this.#panel, lane, to: null, from, until, text, kind },
    });
  }

  #message(slot: Slot, lane: string, to: string): void {
    const [from, until] = AXIS[slot];
    this.rows.push({
      ...{ panel: this.#panel, lane, to, from, until },
      ...{ text: "", kind: "control" },
    });
  }

  /** Down or up the right edge of the boxes; the farther, the farther right, so that no line hides another. */
  #exchange(lane: string, to: string, distance: number): void {
    const [, until] = AXIS.commit;
    const at = until - 0.2 + 0.06 * distance;
    this.rows.push({
      ...{ panel: this.#panel, lane, to, text: "", kind: "commit" },
      ...{ from: at, until: at },
    });
  }
}

function prewriteText(own: RankRound, round: ProtocolRound): string | null {
  if (own.rows === 0) return null;
  return own.branches === 0
    ? `${own.rows} committing rows<br>alone`
    : `forward ${own.rows} rows,<br>pre-write ${round.staged}`;
}

function commitText(own: RankRound, { committed }: ProtocolRound): string {
  if (own.sent > 0) return `send ${committed} rows<br>${own.sent} bytes`;
  if (own.received > 0) return `write ${committed} rows<br>of the winner`;
  return `count ${own.copied} rows<br>in its own pages`;
}

/** The first round under the settled decode that commits a block, and the one before it. */
function committingPair(
  { result: { rounds } }: ProtocolCell,
): readonly [ProtocolRound, ProtocolRound] | null {
  const at = rounds.findIndex(({ branches, staged }) =>
    branches > 1 && staged > 0
  );
  const next = rounds[at + 1];
  return at < 0 || next === undefined ? null : [rounds[at]!, next];
}

function messages(cells: readonly ProtocolCell[]): Figure[] {
  const sound = cells.filter(({ plan }) => plan.parameters.lost === null);
  const shown = sound.flatMap((cell) => {
    const pair = committingPair(cell);
    return pair === null ? [] : [{ cell, pair }];
  });
  if (shown.length === 0) return [];
  const rows = shown.flatMap(({ cell, pair }) => {
    const { protocol, decoder } = cell.plan.parameters;
    const panel = `${protocol}, ${decoder.options.visibility} windows: rounds ${
      pair[0].round
    } and ${pair[1].round}`;
    return new Exchange(panel, pair).rows;
  });
  const words = shown.map(({ cell, pair: [, committing] }) => {
    const bytes = committing.ranks.reduce((sum, own) => sum + own.received, 0);
    return bytes === 0
      ? `${
        runName(cell)
      }: nothing travels between ranks, the rank without a branch computes the committing rows itself`
      : `${
        runName(cell)
      }: the winner's ${committing.committed} rows travel to the other ranks, ${bytes} bytes in all`;
  });
  return [messageTimelineFigure(rows, {
    id: "lopa-dist-protocol-messages",
    title: "A block is finished: what each rank does",
    subtitle:
      "Recorded on dream-tiny, three ranks and two branches; from left to right in order, not to scale",
    description: `${words.join("; ")}.`,
    stretches: [
      { text: "round that finishes the block", from: 0.1, until: 2.6 },
      { text: "next round: commit rides in its order", from: 4, until: 7.5 },
    ],
  })];
}

function digests(cells: readonly ProtocolCell[]): Figure[] {
  if (cells.length === 0) return [];
  const rows = cells.flatMap((cell) => {
    const sound = cells.find(({ plan: { parameters } }) =>
      parameters.lost === null &&
      parameters.protocol === cell.plan.parameters.protocol
    );
    return cell.result.rounds.flatMap(({ round, ranks }) =>
      ranks.map(({ rank, digest }) => ({
        ...{ panel: runName(cell), lane: `rank ${rank}`, step: round, digest },
        right: cell === sound ||
          ranks.filter((other) => other.digest === digest).length > 1,
      }))
    );
  });
  const words = cells.map((cell) => {
    const broken = cell.result.rounds.find((round) => !equalCaches(round));
    return broken === undefined
      ? `${
        runName(cell)
      }: equal on all ranks after each of ${cell.result.rounds.length} rounds`
      : `${runName(cell)}: not equal from round ${broken.round} on`;
  });
  return [digestGridFigure(rows, {
    id: "lopa-dist-protocol-digests",
    title: "Every cache after every round",
    subtitle:
      "First digits of the SHA-256 of cached keys, values and boundary row; orange: not what the other ranks hold",
    description: `${words.join("; ")}.`,
    steps: "Round",
  })];
}

/** All figures. */
export function protocolFigures(cells: readonly ProtocolCell[]): Figure[] {
  return [...messages(cells), ...digests(cells)];
}
