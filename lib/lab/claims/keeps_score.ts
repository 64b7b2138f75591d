/**
 * How claims that a score is kept are judged.
 *
 * @module
 */

/** Largest loss in points that may be left open: about what 500 problems can tell apart. */
const MOST_LOST = 5;

/** What such a claim says, and how it is judged. */
export const KEEPS_SCORE = {
  words:
    `the interval of the paired difference reaches 0 and leaves no loss of more than ${MOST_LOST} points open`,
  judged: { kind: "not-below", tolerance: MOST_LOST, values: [] },
} as const;
