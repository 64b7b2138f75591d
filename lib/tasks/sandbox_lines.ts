/**
 * Lines of a byte stream whose writer is not trusted.
 *
 * @module
 */

/** Reads lines one by one and never holds more than one line of the largest length, and one chunk. */
export class TextLineReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #largest: number;
  #buffer = "";

  /** Takes the stream over; `largest`: characters of the longest line. */
  constructor(stream: ReadableStream<Uint8Array>, largest: number) {
    this.#reader = stream.getReader();
    this.#largest = largest;
  }

  /** The next line without its newline, or `null` at the end of the stream. Throws a `RangeError` for a line too long. */
  async next(): Promise<string | null> {
    for (;;) {
      const end = this.#buffer.indexOf("\n");
      if (end >= 0) {
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 1);
        return line;
      }
      if (this.#buffer.length > this.#largest) {
        throw new RangeError(`a line is longer than ${this.#largest}`);
      }
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#buffer += this.#decoder.decode(value, { stream: true });
    }
  }

  /** Stops reading. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
