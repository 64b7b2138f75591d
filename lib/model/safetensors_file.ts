/**
 * A safetensors file on disk, read range by range: the data is never loaded as a whole.
 *
 * @module
 */
import { SafetensorsError } from "./errors.ts";
import { headerLength, parseHeader, type TensorEntry } from "./safetensors.ts";

/** An open safetensors file. */
export class SafetensorsFile implements Disposable {
  /** Path as given. */
  readonly path: string;
  /** Tensors by name, in file order. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  #file: Deno.FsFile;

  /**
   * Opens the file and checks its header. Needs read permission.
   *
   * @throws {SafetensorsError} When the header does not describe the file exactly.
   * @throws {Deno.errors.NotFound} When there is no such file.
   */
  constructor(path: string) {
    this.path = path;
    this.#file = Deno.openSync(path, { read: true });
    try {
      const where = { file: path, fileBytes: this.#file.statSync().size };
      const prefix = this.#readAt(0, Math.min(8, where.fileBytes));
      this.tensors = parseHeader(
        this.#readAt(8, headerLength(prefix, where)),
        where,
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Reads part of a tensor's bytes.
   *
   * @param name Name of the tensor.
   * @param range First byte, counted from the tensor's start, and number of bytes.
   * @throws {RangeError} When the tensor does not exist or the range leaves it.
   * @throws {SafetensorsError} When the file has shrunk since it was opened.
   */
  read(
    name: string,
    range: { readonly begin: number; readonly bytes: number },
  ): Uint8Array {
    const entry = this.tensors.get(name);
    const { begin, bytes } = range;
    if (!entry || begin < 0 || bytes < 0 || begin + bytes > entry.bytes) {
      throw new RangeError(
        `${this.path} has no bytes [${begin}, ${
          begin + bytes
        }) of a tensor "${name}"`,
      );
    }
    return this.#readAt(entry.offset + begin, bytes);
  }

  /** Closes the file. Idempotent. */
  close(): void {
    try {
      this.#file.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }

  #readAt(position: number, bytes: number): Uint8Array {
    const out = new Uint8Array(bytes);
    this.#file.seekSync(position, Deno.SeekMode.Start);
    for (let done = 0; done < bytes;) {
      const got = this.#file.readSync(out.subarray(done));
      if (got === null) {
        throw new SafetensorsError(
          this.path,
          `the file ends at byte ${position + done}, within its data`,
        );
      }
      done += got;
    }
    return out;
  }
}
