/**
 * The native side of one device: its handle, the calls on it, and the order in which they run. Internal to the engine; `Device`,
 * `DeviceBuffer`, `Weight` and `Plan` share one context.
 */
import { hostTime } from "./_clock.ts";
import { type CallWay, offTheLoop, turnLoop } from "./_event_loop.ts";
import { EngineError, LifetimeError } from "./errors.ts";
import type { EngineSymbols } from "./symbols.ts";

const ERROR_BYTES = 1024;

/** Size of an {@linkcode ErrorText} as a C parameter. */
export const ERROR_CAPACITY = BigInt(ERROR_BYTES);

const decoder = new TextDecoder();

/** Text up to the first NUL. */
export function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Memory and its length as two C parameters. */
export type Span = [view: ArrayBufferView, byteLength: bigint];

/** A view as a {@linkcode Span}. */
export function span(view: ArrayBufferView): Span {
  return [view, BigInt(view.byteLength)];
}

/** A size or an index as a C parameter. */
export function u64(value: number, name: string): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new RangeError(
    `Cannot call the engine: ${name} is ${value}, want an integer of 0 or more`,
  );
}

function check(status: number, where: string, text: Uint8Array): void {
  if (status !== 0) throw new EngineError(status, where, cString(text));
}

/** What one run did. */
export interface RunReport {
  /** Milliseconds spent inside the native library. */
  readonly nativeMs: number;
  /** When they began, on the clock of `performance.now()`. */
  readonly beganMs: number;
}

/** A native call that works on the device, in both of its forms; each is told where to leave its times and its error. */
export interface DeviceWork {
  /** C function, for errors. */
  readonly where: string;
  readonly way: CallWay;
  readonly blocking: (times: RunTimes, text: ErrorText) => number;
  readonly nonblocking: (
    times: RunTimes,
    text: ErrorText,
  ) => Promise<number>;
}

/** Nanoseconds as the library writes them: when the run began, then how long it took, the low word of each first. */
export type RunTimes = Uint32Array<ArrayBuffer>;

/** Where the library writes its error, {@linkcode ERROR_CAPACITY} bytes. */
export type ErrorText = Uint8Array<ArrayBuffer>;

function milliseconds(low: number, high: number): number {
  return (high * 2 ** 32 + low) / 1e6;
}

/** Shared state of a device and of what lives on it. */
export class DeviceContext {
  readonly symbols: EngineSymbols;
  /** Whether runs leave the event loop free. */
  readonly concurrent: boolean;
  readonly #handle: bigint;
  readonly #text = new Uint8Array(ERROR_BYTES);
  readonly #times: RunTimes = new Uint32Array(4);
  #open = true;
  #inFlight = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    symbols: EngineSymbols,
    options: { readonly handle: bigint; readonly concurrent: boolean },
  ) {
    this.symbols = symbols;
    this.#handle = options.handle;
    this.concurrent = options.concurrent;
  }

  get open(): boolean {
    return this.#open;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The device's handle; throws once it is closed. */
  get handle(): bigint {
    this.#requireOpen();
    return this.#handle;
  }

  #requireOpen(): void {
    if (this.#open) return;
    throw new LifetimeError(
      "Cannot use this device: it is closed. Open another with Device.open()",
    );
  }

  /** Runs one short blocking call and throws on a bad status. */
  call(
    where: string,
    run: (handle: bigint, error: Span) => number,
  ): void {
    check(run(this.handle, span(this.#text)), where, this.#text);
  }

  /**
   * Runs work after all that was called before it, and gives its times inside the library. Work that blocks runs at once if
   * nothing is in flight, and off the event loop otherwise; work that lets the loop turn first keeps its place among that called
   * meanwhile.
   */
  submit(work: DeviceWork): RunReport | Promise<RunReport> {
    this.#requireOpen();
    if (work.way !== "blocking" || this.#inFlight > 0) return this.#queue(work);
    check(work.blocking(this.#times, this.#text), work.where, this.#text);
    return this.#report(this.#times);
  }

  async #queue(work: DeviceWork): Promise<RunReport> {
    const times: RunTimes = new Uint32Array(4);
    const text = new Uint8Array(ERROR_BYTES);
    this.#inFlight++;
    const run = async () => {
      if (work.way !== "turn-first") {
        return await offTheLoop(() => work.nonblocking(times, text));
      }
      await turnLoop();
      return work.blocking(times, text);
    };
    const turn = this.#tail.then(run);
    this.#tail = turn.catch(() => {});
    try {
      check(await turn, work.where, text);
    } finally {
      this.#inFlight--;
    }
    return this.#report(times);
  }

  #report(times: RunTimes): RunReport {
    return {
      nativeMs: milliseconds(times[2]!, times[3]!),
      beganMs: hostTime(this.symbols, milliseconds(times[0]!, times[1]!)),
    };
  }

  /** Frees the device; refuses while work is in flight. */
  close(): void {
    if (!this.#open) return;
    if (this.#inFlight > 0) {
      throw new LifetimeError(
        `Cannot close this device: ${this.#inFlight} submits are in flight. Await them, or use closeAsync()`,
      );
    }
    this.call(
      "dllm_device_close",
      (handle, error) => this.symbols.dllm_device_close(handle, ...error),
    );
    this.#open = false;
  }

  /** Lets work in flight finish, then frees the device. */
  async closeAsync(): Promise<void> {
    while (this.#inFlight > 0) await this.#tail;
    this.close();
  }
}
