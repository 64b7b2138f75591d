/**
 * From seconds per round to the tokens per second that LoPA's tables print. Their definition is not tokens per forward over the
 * time of a forward: a sample's time leaves out round 1, which holds the prompt, while its tokens count; and TPF counts one
 * closing step that runs no forward. A sample of n tokens at TPF f therefore has n / f - 1 rounds, n / f - 2 of them timed.
 *
 * @module
 */

/** A sample of average size. */
export interface PublishedSample {
  /** Tokens per forward as LoPA counts them (closing step included). */
  readonly tpf: number;
  /** Tokens of the answer, filler after the end included. */
  readonly tokens: number;
}

/** Rounds of a sample whose time counts. Throws `RangeError` where there is none. */
export function timedRounds({ tpf, tokens }: PublishedSample): number {
  const rounds = tokens / tpf - 2;
  if (!(rounds > 0)) {
    throw new RangeError(
      `Cannot time ${tokens} tokens at ${tpf} tokens per forward: the answer ends in its first round, want more than ${
        2 * tpf
      } tokens`,
    );
  }
  return rounds;
}

/** Tokens per second as LoPA's tables define them. */
export function publishedRate(
  sample: PublishedSample,
  secondsPerRound: number,
): number {
  return sample.tokens / (timedRounds(sample) * secondsPerRound);
}

/** The same without the definition's ends: tokens per forward over seconds per forward. */
export function steadyRate(
  { tpf }: PublishedSample,
  secondsPerRound: number,
): number {
  return tpf / secondsPerRound;
}
