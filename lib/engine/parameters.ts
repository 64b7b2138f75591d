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

/** How the prediction of a row is drawn and measured. */
export interface HeadSampling {
  /** 0 = greedy. Default 0. */
  readonly temperature?: number;
  /** 1 or more = no filter. Default 1. */
  readonly topP?: number;
  /** 0 = no filter. Default 0. */
  readonly topK?: number;
  /** Default 1e-10. */
  readonly entropyEpsilon?: number;
  /** Confidence of the unscaled, unfiltered logits (LLaDA family). Default false. */
  readonly raw?: boolean;
  /** Round as a bfloat16 reference does. Default false. */
  readonly bf16?: boolean;
}

/** One row whose prediction is wanted. */
export interface HeadRequest extends HeadSampling {
  /** Row of the hidden states. */
  readonly row: number;
  /** Whether `row` counts rows of the boundary buffer instead. Default false. */
  readonly boundary?: boolean;
  /** In [0, 1); used when the temperature is above 0. Default 0. */
  readonly uniform?: number;
}

/** Many rows whose predictions are wanted in the same way. */
export interface HeadRows extends HeadSampling {
  /** Rows of the hidden states; -1 - r for row r of the boundary buffer. */
  readonly rows: Int32Array;
  /** One per row, in [0, 1); `null` at temperature 0. */
  readonly uniforms: Float64Array | null;
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
    const { words } = this;
    for (let i = 0; i < values.length; i++) words[at + i] = values[i]!;
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
      for (let w = 0; w < SEGMENT_WORDS; w++) words[word + w] = 0;
      words[word] = row;
      words[word + 1] = rows;
      words[word + 2] = ranges.length;
      let entry = word + 4;
      for (const range of ranges) {
        words[entry++] = range.source === "cache" ? 0 : 1;
        words[entry++] = range.position;
        words[entry++] = range.count;
        words[entry++] = range.row;
      }
      word += SEGMENT_WORDS;
    }
  }

  /** Writes a count and the requests. */
  setRequests(at: number, requests: readonly HeadRequest[]): void {
    this.#check(at, 1 + requests.length * REQUEST_WORDS);
    this.words[at] = requests.length;
    let word = at + 1;
    for (const { row, boundary, uniform = 0, ...sampling } of requests) {
      this.words[word] = boundary ? -1 - row : row;
      this.#setSampling(word, sampling);
      this.#view.setFloat64(4 * word + 24, uniform, true);
      word += REQUEST_WORDS;
    }
  }

  /** Writes a count and one request per row, all with the same sampling. */
  setHeadRows(at: number, requests: HeadRows): void {
    const { rows, uniforms } = requests;
    this.#check(at, 1 + rows.length * REQUEST_WORDS);
    const { words } = this;
    const first = at + 1;
    words[at] = rows.length;
    if (rows.length === 0) return;
    this.#setSampling(first, requests);
    for (let w = 6; w < REQUEST_WORDS; w++) words[first + w] = 0;
    for (let i = 0, word = first; i < rows.length; i++) {
      for (let w = 1; w < REQUEST_WORDS; w++) {
        words[word + w] = words[first + w]!;
      }
      words[word] = rows[i]!;
      if (uniforms) this.#view.setFloat64(4 * word + 24, uniforms[i]!, true);
      word += REQUEST_WORDS;
    }
  }

  /** Writes a count and the copies. */
  setCopies(at: number, copies: readonly RowCopy[]): void {
    this.#check(at, 1 + copies.length * COPY_WORDS);
    this.words[at] = copies.length;
    let word = at + 1;
    for (const { from, to, rows } of copies) {
      this.words[word++] = from;
      this.words[word++] = to;
      this.words[word++] = rows;
    }
  }

  /** Words 1 to 5 of a request. */
  #setSampling(word: number, sampling: HeadSampling): void {
    const flags = (sampling.bf16 ? CONFIDENCE_FLAGS.bf16 : 0) |
      (sampling.raw ? CONFIDENCE_FLAGS.raw : 0);
    const byte = 4 * word;
    const view = this.#view;
    this.words[word + 1] = flags;
    view.setFloat32(byte + 8, sampling.temperature ?? 0, true);
    view.setFloat32(byte + 12, sampling.topP ?? 1, true);
    view.setInt32(byte + 16, sampling.topK ?? 0, true);
    view.setFloat32(byte + 20, sampling.entropyEpsilon ?? 1e-10, true);
  }

  #check(at: number, count: number): void {
    if (at >= 0 && at + count <= this.words.length) return;
    throw new RangeError(
      `Cannot write ${count} parameter words at ${at}: the table has ${this.words.length}. Reserve more in its layout`,
    );
  }
}
