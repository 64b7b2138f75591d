/**
 * Rounds of the cache protocols as tables: caches, messages, and what a lost one does.
 *
 * @module
 */
import type { ResultTable } from "../experiment.ts";
import type { ProtocolRound } from "./lopa_dist_protocol_record.ts";
import type { ProtocolCell } from "./lopa_dist_protocols.ts";

/** Name of a cell's run. */
export function runName({ plan: { parameters } }: ProtocolCell): string {
  const { protocol, lost } = parameters;
  return lost === null ? protocol : `${protocol}, a commit lost`;
}

/** Whether all caches of a round are the same. */
export function equalCaches({ ranks }: ProtocolRound): boolean {
  return new Set(ranks.map(({ digest }) => digest)).size === 1;
}

/** Words of what each rank does in a round. */
function role(
  { branches, winner }: ProtocolRound,
  { rank }: { readonly rank: number },
  ranks: number,
): string {
  if (rank >= branches) return "no branch";
  return winner % ranks === rank ? "wins" : "loses";
}

function rounds(cells: readonly ProtocolCell[]): ResultTable {
  return {
    name: "lopa-dist-protocol-rounds",
    rows: cells.flatMap((cell) =>
      cell.result.rounds.map((round) => ({
        ...{ run: runName(cell), round: round.round, branches: round.branches },
        ...{ winner: round.winner, staged_rows: round.staged },
        ...{ committed_rows: round.committed, cached: round.cached },
        ...Object.fromEntries(
          round.ranks.flatMap((own) => [
            [`rank_${own.rank}`, role(round, own, round.ranks.length)],
            [`rank_${own.rank}_rows`, own.rows],
            [`rank_${own.rank}_cache`, own.digest],
          ]),
        ),
        bytes: round.ranks.reduce((sum, { received }) => sum + received, 0),
        equal: equalCaches(round),
      }))
    ),
  };
}

/** First difference of two lists, or `null`. */
function firstDifference(
  a: readonly number[],
  b: readonly number[],
): number | null {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? null : at;
}

function summary(cells: readonly ProtocolCell[]): ResultTable {
  return {
    name: "lopa-dist-protocol-summary",
    rows: cells.map((cell) => {
      const { plan: { parameters }, result } = cell;
      const sound = cells.find((other) =>
        other.plan.parameters.protocol === parameters.protocol &&
        other.plan.parameters.lost === null
      );
      const unequal = result.rounds.find((round) => !equalCaches(round));
      const commits = result.rounds.filter(({ committed }) => committed > 0);
      const sum = (of: (round: ProtocolRound) => number) =>
        result.rounds.reduce((total, round) => total + of(round), 0);
      return {
        run: runName(cell),
        visibility: parameters.decoder.options.visibility as string,
        ...{ ranks: parameters.ranks, rounds: result.rounds.length },
        commits: commits.length,
        bytes_between_ranks: sum(({ ranks }) =>
          ranks.reduce((bytes, { received }) => bytes + received, 0)
        ),
        positions_without_branch: sum(({ ranks, branches }) =>
          ranks.filter(({ rank }) => rank >= branches)
            .reduce((rows, own) => rows + own.rows, 0)
        ),
        first_unequal_round: unequal?.round ?? null,
        first_wrong_token: sound === undefined
          ? null
          : firstDifference(sound.result.ids, result.ids),
      };
    }),
  };
}

/** All tables. */
export function protocolTables(
  cells: readonly ProtocolCell[],
): readonly ResultTable[] {
  return cells.length === 0 ? [] : [summary(cells), rounds(cells)];
}
