/**
 * Parameter words of a command buffer: who stands where, and how the tables of the operations are filled.
 *
 * @module
 */
import {
  CONFIDENCE_FLAGS,
  COPY_WORDS,
  REQUEST_WORDS,
  SEGMENT_WORDS,
} from "./abi.ts";

/** Hands out word indices one after the other, so that nobody counts offsets by hand. */
export class ParameterLayout {
  #words = 0;

  /** Words handed out so far. */
  get words(): number {
    return this.#words;
  }

  /** Reserves `count` words (default 1) and returns the index of the first. */
  reserve(count = 1): number {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(
        `Cannot reserve parameter words: got ${count}, want a count of 0 or more`,
      );
    }
    const at = this.#words;
    this.#words += count;
    return at;
  }

  /** Reserves a count followed by up to `maxSegments` attention segments. */
  reserveSegments(maxSegments: number): number {
    return this.reserve(1 + maxSegments * SEGMENT_WORDS);
  }

  /** Reserves a count followed by up to `maxRequests` head requests. */
  reserveRequests(maxRequests: number): number {
    return this.reserve(1 + maxRequests * REQUEST_WORDS);
  }

  /** Reserves a count followed by up to `maxIds` token ids. */
  reserveIds(maxIds: number): number {
    return this.reserve(1 + maxIds);
  }

  /** Reserves a count followed by up to `maxEntries` row copies. */
  reserveCopies(maxEntries: number): number {
    return this.reserve(1 + maxEntries * COPY_WORDS);
  }
}

/** Keys at consecutive positions that lie in consecutive rows. */
export interface KeyRange {
  /** Whether the keys lie in the cache or were computed in this pass. */
  readonly source: "cache" | "fresh";
  /** First absolute position. */
  readonly position: number;
  /** Number of keys. */
  readonly count: number;
  /** Row that holds the key of `position`. */
  readonly row: number;
}

/** A run of query rows that see the same one to four ranges, ascending and without overlap. */
export interface AttentionSegment {
  /** First query row. */
  readonly row: number;
  /** Number of query rows. */
  readonly rows: number;
  /** What they see. */
  readonly ranges: readonly KeyRange[];
}

/** One row whose prediction is wanted. */
export interface HeadRequest {
  /** Row of the hidden states. */
  readonly row: number;
  /** Whether `row` counts rows of the boundary buffer instead. Default false. */
  readonly boundary?: boolean;
  /** 0 = greedy. Default 0. */
  readonly temperature?: number;
  /** 1 or more = no filter. Default 1. */
  readonly topP?: number;
  /** 0 = no filter. Default 0. */
  readonly topK?: number;
  /** Default 1e-10. */
  readonly entropyEpsilon?: number;
  /** In [0, 1); used when the temperature is above 0. Default 0. */
  readonly uniform?: number;
  /** Confidence of the unscaled, unfiltered logits (LLaDA family). Default false. */
  readonly raw?: boolean;
  /** Round as a bfloat16 reference does. Default false. */
  readonly bf16?: boolean;
}

/** Rows to copy. */
export interface RowCopy {
  /** First row read. */
  readonly from: number;
  /** First row written. */
  readonly to: number;
  /** Number of rows. */
  readonly rows: number;
}

/** The parameter words of one run, and the writing of the tables that the operations read. */
export class ParameterTable {
  /** The words as the engine reads them. */
  readonly words: Int32Array<ArrayBuffer>;
  readonly #view: DataView;

  /** All zeros, of the layout's size. */
  constructor(layout: ParameterLayout) {
    this.words = new Int32Array(layout.words);
    this.#view = new DataView(this.words.buffer);
  }

  /** Writes one word. */
  set(at: number, value: number): void {
    this.#check(at, 1);
    this.words[at] = value;
  }

  /** Writes consecutive words. */
  setAll(at: number, values: ArrayLike<number>): void {
    this.#check(at, values.length);
    this.words.set(values, at);
  }

  /** Writes a count and the ids. */
  setIds(at: number, ids: ArrayLike<number>): void {
    this.set(at, ids.length);
    this.setAll(at + 1, ids);
  }

  /** Writes a count and the segments. */
  setSegments(at: number, segments: readonly AttentionSegment[]): void {
    this.#check(at, 1 + segments.length * SEGMENT_WORDS);
    const { words } = this;
    words[at] = segments.length;
    let word = at + 1;
    for (const { row, rows, ranges } of segments) {
      if (ranges.length > 4) {
        throw new RangeError(
          `Cannot write an attention segment of ${ranges.length} key ranges: want 1 to 4`,
        );
      }
      words.fill(0, word, word + SEGMENT_WORDS);
      words[word] = row;
      words[word + 1] = rows;
      words[word + 2] = ranges.length;
      ranges.forEach((range, index) => {
        const entry = word + 4 + 4 * index;
        words[entry] = range.source === "cache" ? 0 : 1;
        words[entry + 1] = range.position;
        words[entry + 2] = range.count;
        words[entry + 3] = range.row;
      });
      word += SEGMENT_WORDS;
    }
  }

  /** Writes a count and the requests. */
  setRequests(at: number, requests: readonly HeadRequest[]): void {
    this.#check(at, 1 + requests.length * REQUEST_WORDS);
    this.words[at] = requests.length;
    let word = at + 1;
    for (const request of requests) {
      this.#setRequest(word, request);
      word += REQUEST_WORDS;
    }
  }

  /** Writes a count and the copies. */
  setCopies(at: number, copies: readonly RowCopy[]): void {
    this.#check(at, 1 + copies.length * COPY_WORDS);
    this.words[at] = copies.length;
    copies.forEach(({ from, to, rows }, index) => {
      this.words.set([from, to, rows], at + 1 + COPY_WORDS * index);
    });
  }

  #setRequest(word: number, request: HeadRequest): void {
    const flags = (request.bf16 ? CONFIDENCE_FLAGS.bf16 : 0) |
      (request.raw ? CONFIDENCE_FLAGS.raw : 0);
    const byte = 4 * word;
    const view = this.#view;
    this.words[word] = request.boundary ? -1 - request.row : request.row;
    this.words[word + 1] = flags;
    view.setFloat32(byte + 8, request.temperature ?? 0, true);
    view.setFloat32(byte + 12, request.topP ?? 1, true);
    view.setInt32(byte + 16, request.topK ?? 0, true);
    view.setFloat32(byte + 20, request.entropyEpsilon ?? 1e-10, true);
    view.setFloat64(byte + 24, request.uniform ?? 0, true);
  }

  #check(at: number, count: number): void {
    if (at >= 0 && at + count <= this.words.length) return;
    throw new RangeError(
      `Cannot write ${count} parameter words at ${at}: the table has ${this.words.length}. Reserve more in its layout`,
    );
  }
}
