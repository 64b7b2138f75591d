/**
 * Plain memory on a device.
 *
 * @module
 */
import { type DeviceContext, span, u64 } from "./_context.ts";
import { DeviceResource } from "./_resource.ts";
import type { BufferRef } from "./ops.ts";

/**
 * Memory on a device, zero at creation. It is its own {@linkcode BufferRef} at offset 0. Reading and writing wait for the native
 * library if it is busy with a submit, but are not ordered after submits that nobody awaits.
 */
export class DeviceBuffer extends DeviceResource implements BufferRef {
  /** Size in bytes. */
  readonly bytes: number;

  /** Wraps the buffer `id`; use {@linkcode Device.buffer}. */
  constructor(context: DeviceContext, id: bigint, bytes: number) {
    super(context, id, `buffer of ${bytes} bytes`);
    this.bytes = bytes;
  }

  /** Creates a buffer of `bytes` bytes. */
  static create(context: DeviceContext, bytes: number): DeviceBuffer {
    const id = new BigUint64Array(1);
    context.call(
      "dllm_buffer_create",
      (device, error) =>
        context.symbols.dllm_buffer_create(
          device,
          u64(bytes, "bytes"),
          id,
          ...error,
        ),
    );
    return new DeviceBuffer(context, id[0]!, bytes);
  }

  /** The place `offset` bytes into the buffer; a multiple of 4. */
  at(offset: number): BufferRef {
    return { id: this.id, offset };
  }

  /** Copies the bytes of a typed array to the buffer, `offset` bytes in (default 0). */
  write(data: ArrayBufferView, options: { offset?: number } = {}): void {
    const id = this.id;
    const offset = u64(options.offset ?? 0, "offset");
    this.context.call(
      "dllm_buffer_write",
      (device, error) =>
        this.context.symbols.dllm_buffer_write(
          device,
          id,
          offset,
          ...span(data),
          ...error,
        ),
    );
  }

  /** Fills a typed array from the buffer, `offset` bytes in (default 0), and returns it. */
  read<T extends ArrayBufferView>(
    target: T,
    options: { offset?: number } = {},
  ): T {
    const id = this.id;
    const offset = u64(options.offset ?? 0, "offset");
    this.context.call(
      "dllm_buffer_read",
      (device, error) =>
        this.context.symbols.dllm_buffer_read(
          device,
          id,
          offset,
          ...span(target),
          ...error,
        ),
    );
    return target;
  }

  /** Gives the buffer back. */
  protected override free(id: bigint): void {
    this.context.call(
      "dllm_buffer_destroy",
      (device, error) =>
        this.context.symbols.dllm_buffer_destroy(device, id, ...error),
    );
  }
}
