/**
 * Times of collectives by the alpha-beta model: a latency, and the bytes that the busiest link carries over its bandwidth.
 * Volumes are those of the ring algorithms (Thakur, Rabenseifner and Gropp 2005); among one rank nothing is sent.
 *
 * @module
 */

/** A link between ranks. */
export interface Link {
  /** Seconds per collective, however small. */
  readonly linkLatency: number;
  /** Bytes per second, one direction. */
  readonly linkBandwidth: number;
}

function seconds(link: Link, ranks: number, carried: number): number {
  if (!(Number.isInteger(ranks) && ranks >= 1)) {
    throw new RangeError(
      `Cannot time a collective among ${ranks} ranks, want a whole number from 1`,
    );
  }
  if (ranks === 1) return 0;
  return link.linkLatency + carried / link.linkBandwidth;
}

/** Sum of `bytes` over all ranks, on every rank: 2 (n - 1) / n of them over each link. */
export function allReduceSeconds(
  link: Link,
  { ranks, bytes }: { readonly ranks: number; readonly bytes: number },
): number {
  return seconds(link, ranks, 2 * bytes * (ranks - 1) / ranks);
}

/** `bytes` of every rank, on every rank: those of all others over each link. */
export function allGatherSeconds(
  link: Link,
  { ranks, bytes }: { readonly ranks: number; readonly bytes: number },
): number {
  return seconds(link, ranks, bytes * (ranks - 1));
}

/** `bytes` of one rank, on every rank. */
export function broadcastSeconds(
  link: Link,
  { ranks, bytes }: { readonly ranks: number; readonly bytes: number },
): number {
  return seconds(link, ranks, bytes);
}
