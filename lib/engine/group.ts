/**
 * Devices that add up together.
 *
 * @module
 */
import { cString, type Span, span } from "./_context.ts";
import { EngineError } from "./errors.ts";
import type { NativeLibrary } from "./library.ts";
import type { GroupRef } from "./parallel_ops.ts";

/**
 * Members of an all-reduce: devices of one library, each of which names the group in plans of its own. Runs of such plans wait
 * for each other, so that none may block the event loop. A run that fails gives the group up for all.
 */
export class DeviceGroup implements GroupRef, Disposable {
  /** Id of the native object. */
  readonly id: bigint;
  readonly #library: NativeLibrary;
  #destroyed = false;

  /** Forms a group of `size` devices, 2 to 64; throws an {@linkcode EngineError} on another number. */
  constructor(library: NativeLibrary, size: number) {
    this.#library = library;
    const id = new BigUint64Array(1);
    this.#call(
      "dllm_group_create",
      (error) => library.symbols.dllm_group_create(size, id, ...error),
    );
    this.id = id[0]!;
  }

  /** Lets all who wait go: their runs fail with `ABORTED`, and so do those to come. Idempotent. */
  abort(): void {
    if (this.#destroyed) return;
    this.#call(
      "dllm_group_abort",
      (error) => this.#library.symbols.dllm_group_abort(this.id, ...error),
    );
  }

  /** Aborts, and gives the group back. Idempotent. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#call(
      "dllm_group_destroy",
      (error) => this.#library.symbols.dllm_group_destroy(this.id, ...error),
    );
  }

  /** Same as {@linkcode DeviceGroup.destroy}. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  #call(where: string, call: (error: Span) => number): void {
    const text = new Uint8Array(1024);
    const status = call(span(text));
    if (status !== 0) throw new EngineError(status, where, cString(text));
  }
}
