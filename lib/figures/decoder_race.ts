/**
 * Decoders racing on one prompt, side by side and on one clock: an SVG with CSS animation and no script, so it also plays where
 * scripts are stripped, and shows the finish where animation is not supported or not wanted.
 *
 * @module
 */
import { cellColor, cellLegend, drawCell, placeCells } from "./replay_cells.ts";
import { escapeXml } from "./escape.ts";
import type { FillOrderRow } from "./fill_order.ts";
import { COLORS, FONT } from "./theme.ts";
import type { Drawing } from "./types.ts";

/** One decoder. */
export interface RaceLane {
  /** Name above the lane. */
  readonly decoder: string;
  /** Filled positions, see `fillOrder`. */
  readonly fills: readonly FillOrderRow[];
  /** Duration of each forward, first to last, in the unit of the clock; default 1 each. */
  readonly durations?: readonly number[];
}

/** Options of {@linkcode decoderRace}. */
export interface DecoderRaceOptions {
  /** File name stem, default `decoder-race`. */
  readonly id?: string;
  /** Heading above the lanes. */
  readonly title: string;
  /** What the clock counts, in words. */
  readonly clock: string;
  /** Text of a token. */
  readonly text: (token: number) => string;
  /** A lane's time at the finish, in words; default nothing beside the number of forwards. */
  readonly finish?: (time: number) => string;
  /** Seconds that the slowest decoder takes on screen (default 14). */
  readonly playSeconds?: number;
}

const COLUMN = 212, GAP = 16, LEFT = 12, TOP = 74, HOLD_SECONDS = 3;

/** Height of the progress bar. */
const BAR = 8;

/** A lane with its clock. */
interface TimedLane extends RaceLane {
  /** Time at the end of each forward. */
  readonly ends: readonly number[];
  /** Time at which the last token is written. */
  readonly finish: number;
  readonly forwards: number;
}

/**
 * Lanes with their clocks.
 *
 * @throws {RangeError} for a lane without fills, or with other than one positive duration per forward.
 */
function timed(lane: RaceLane): TimedLane {
  const forwards = Math.max(0, ...lane.fills.map(({ step }) => step));
  const durations = lane.durations ??
    Array.from({ length: forwards }, () => 1);
  if (
    forwards === 0 || durations.length < forwards ||
    !durations.every((duration) => duration > 0)
  ) {
    throw new RangeError(
      `Cannot race "${lane.decoder}": found ${forwards} forwards and ${durations.length} durations, want at least one forward and a positive duration for each`,
    );
  }
  let time = 0;
  const ends = durations.map((duration) => time += duration);
  return { ...lane, ends, forwards, finish: ends[forwards - 1]! };
}

/** Places at the finish, 1 for the fastest; equal times share a place. */
function places(lanes: readonly TimedLane[]): number[] {
  return lanes.map(({ finish }) =>
    1 + lanes.filter((other) => other.finish < finish).length
  );
}

/** Segments of the progress bar, one per forward that wrote something. */
function progress(lane: TimedLane, at: { n: number; x: number; y: number }) {
  const { n, x, y } = at;
  const total = lane.fills.length;
  const steps = [...Map.groupBy(lane.fills, ({ step }) => step)]
    .toSorted(([a], [b]) => a - b);
  let written = 0;
  const segments = steps.map(([step, fills]) => {
    const from = COLUMN * written / total;
    written += fills.length;
    return `<rect class="t r${n}s${step}" x="${
      (x + from).toFixed(1)
    }" y="${y}" width="${
      (COLUMN * fills.length / total).toFixed(1)
    }" height="${BAR}" fill="#333" shape-rendering="crispEdges"/>`;
  });
  return `<rect x="${x}" y="${y}" width="${COLUMN}" height="${BAR}" fill="#e3e3e3"/>` +
    segments.join("");
}

function keyframes(
  lanes: readonly TimedLane[],
  percent: (time: number) => number,
): string {
  return lanes.flatMap((lane, n) =>
    [...new Set(lane.fills.map(({ step }) => step))].map((step) => {
      const at = percent(lane.ends[step - 1]!);
      const name = `r${n}s${step}`;
      return `@keyframes ${name}{0%,${at.toFixed(3)}%{opacity:0}` +
        `${(at + 0.01).toFixed(3)}%,100%{opacity:1}}` +
        `.${name}{animation-name:${name}}`;
    })
  ).join("");
}

function ordinal(place: number): string {
  return `${place}${["st", "nd", "rd"][place - 1] ?? "th"}`;
}

function forwardsText({ forwards }: TimedLane): string {
  return `${forwards} forward${forwards === 1 ? "" : "s"}`;
}

/** Draws one column per decoder; all run on the same clock and start together. */
export function decoderRace(
  lanes: readonly RaceLane[],
  options: DecoderRaceOptions,
): Drawing {
  const all = lanes.map(timed);
  const slowest = Math.max(...all.map(({ finish }) => finish));
  const play = options.playSeconds ?? 14;
  const total = play + HOLD_SECONDS;
  const percent = (time: number) => 100 * (time / slowest) * (play / total);
  const ranks = places(all);
  const finish = (lane: TimedLane) =>
    options.finish === undefined ? "" : `, ${options.finish(lane.finish)}`;
  let bottom = TOP;
  const columns = all.map((lane, n) => {
    const x = LEFT + n * (COLUMN + GAP);
    const cells = placeCells(lane.fills, {
      ...{ left: x, right: x + COLUMN, top: TOP + 48 },
      text: options.text,
    });
    bottom = Math.max(bottom, ...cells.map(({ y }) => y));
    const head =
      `<text x="${x}" y="${TOP}" font-weight="700">${
        escapeXml(lane.decoder)
      }</text>` + progress(lane, { n, x, y: TOP + 8 }) +
      `<text class="t r${n}s${lane.forwards}" x="${x}" y="${
        TOP + 36
      }" font-size="12">${ordinal(ranks[n]!)}: ${
        escapeXml(forwardsText(lane) + finish(lane))
      }</text>`;
    return head +
      cells.map((cell) =>
        drawCell(cell, {
          name: `r${n}s${cell.fill.step}`,
          color: cellColor(cell.fill),
        })
      ).join("");
  });
  const height = bottom + 64,
    width = 2 * LEFT - GAP +
      all.length * (COLUMN + GAP);
  const order = all.map((lane, n) => ({ lane, rank: ranks[n]! }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ lane, rank }) =>
      `${ordinal(rank)} ${lane.decoder} (${forwardsText(lane)}${finish(lane)})`
    ).join(", ");
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" role="img" font-family="${FONT}" font-size="13">` +
    `<title>${escapeXml(options.title)}</title><desc>${
      escapeXml(order)
    }</desc>` +
    `<style>${keyframes(all, percent)}.t{animation-duration:${
      total.toFixed(2)
    }s;animation-iteration-count:infinite}` +
    `@media (prefers-reduced-motion:reduce){.t{animation:none}}</style>` +
    `<rect width="${width}" height="${height}" fill="#fff"/>` +
    `<text x="${LEFT}" y="24" font-size="16">${
      escapeXml(options.title)
    }</text>` +
    `<text x="${LEFT}" y="44" font-size="12" fill="${COLORS.grey}">${
      escapeXml(options.clock)
    }</text>` +
    columns.join("") + cellLegend({ x: LEFT, y: height - 12 }) + `</svg>`;
  return {
    id: options.id ?? "decoder-race",
    title: options.title,
    description: `Order at the finish: ${order}. ${options.clock}.`,
    rows: all.flatMap((lane) =>
      lane.fills.map((fill) => ({
        ...fill,
        time: lane.ends[fill.step - 1]!,
        text: options.text(fill.token),
      }))
    ),
    svg,
  };
}
