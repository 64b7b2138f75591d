/**
 * What the measured throughputs say about the claims.
 *
 * @module
 */
import { mean } from "../../metrics/quantile.ts";
import { distClaimId, type DistClaimName } from "../claims/dist_claims.ts";
import type { Measurement } from "../claims/types.ts";
import type { LopaDistCell } from "./lopa_dist.ts";
import type { SweepParameters } from "./lopa_dist_grid.ts";
import { isStandIn } from "./lopa_dist_models.ts";
import { type EntryRow, entryRows, PAPER_RATE } from "./lopa_dist_rows.ts";

/** A name and its throughput. */
type Side = readonly [label: string, rate: number];

/** Throughputs of one sweep by what they are of. */
class Sweep {
  readonly #rows: readonly EntryRow[];

  constructor(rows: readonly EntryRow[]) {
    this.#rows = rows;
  }

  /** The setting's throughput; nothing where it has not run. */
  one(id: string): Side[] {
    const rate = this.#rows.find(({ entry }) => entry.id === id)
      ?.rates[PAPER_RATE];
    return rate == null ? [] : [[id, rate]];
  }

  /** Settings `first` to `last`. */
  settings(first: number, last: number): Side[] {
    return Array.from(
      { length: last - first + 1 },
      (_, i) => this.one(`S${first + i}`),
    ).flat();
  }

  /** Their mean, where all have run. */
  mean(first: number, last: number): Side[] {
    const rates = this.settings(first, last).map(([, rate]) => rate);
    return rates.length === last - first + 1
      ? [[`S${first} to S${last}`, mean(rates)]]
      : [];
  }

  /** The autoregressive twin in its faster layout. */
  twin(): Side[] {
    const rates = this.#rows.filter(({ entry }) => entry.model === "ar-mini")
      .flatMap(({ rates }) => rates[PAPER_RATE] ?? []);
    return rates.length === 0 ? [] : [["autoregressive", Math.max(...rates)]];
  }
}

function sidesOf(sweep: Sweep): Record<DistClaimName, readonly Side[]> {
  return {
    "lopa-over-autoregressive": [...sweep.one("S12"), ...sweep.twin()],
    "lopa-over-d2f": [...sweep.one("S12"), ...sweep.one("D2F")],
    "eight-over-four": [...sweep.mean(8, 12), ...sweep.mean(2, 6)],
    "threshold-buys-throughput": sweep.settings(7, 12),
  };
}

const WANTED: Readonly<Record<DistClaimName, number>> = {
  ...{ "lopa-over-autoregressive": 2, "lopa-over-d2f": 2 },
  ...{ "eight-over-four": 2, "threshold-buys-throughput": 6 },
};

function measurementsOf(
  { model, task, problems }: SweepParameters,
  sweep: Sweep,
): Measurement[] {
  const sides = Object.entries(sidesOf(sweep)) as [
    DistClaimName,
    readonly Side[],
  ][];
  return sides.flatMap(([name, side]): Measurement[] => {
    if (side.length < WANTED[name]) return [];
    return [{
      claim: distClaimId(name, { model, task }),
      values: side.map(([, rate]) => rate),
      labels: side.map(([label]) => label),
      unit: "tokens/s",
      note:
        `${PAPER_RATE}, ${problems} problems in turns on this machine; other models and another machine than the paper's`,
    }];
  });
}

/** Throughputs, for every sweep of a trained model. */
export function measureDist(
  cells: readonly LopaDistCell[],
): readonly Measurement[] {
  const rows = entryRows(cells);
  const sweeps = [...new Set(rows.map(({ parameters }) => parameters))];
  return sweeps.filter(({ model }) => !isStandIn(model)).flatMap((parameters) =>
    measurementsOf(
      parameters,
      new Sweep(rows.filter((row) => row.parameters === parameters)),
    )
  );
}
