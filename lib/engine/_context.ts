/**
 * The native side of one device: its handle, the calls on it, and the order in which they run. Internal to the engine; `Device`,
 * `DeviceBuffer`, `Weight` and `Plan` share one context.
 */
import { type CallWay, offTheLoop, turnLoop } from "./_event_loop.ts";
import { EngineError, LifetimeError } from "./errors.ts";
import type { EngineSymbols } from "./symbols.ts";

const ERROR_BYTES = 1024;
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
}

/** A submit in both of its forms. */
export interface SubmitCall<Parameters extends unknown[]> {
  /** C function, for errors. */
  readonly where: string;
  readonly way: CallWay;
  /** The C parameters, given the two that the context adds. */
  readonly prepare: (
    elapsed: BigUint64Array,
    error: Span,
  ) => readonly [...Parameters];
  readonly sync: (...parameters: Parameters) => number;
  readonly async: (...parameters: Parameters) => Promise<number>;
}

/** Shared state of a device and of what lives on it. */
export class DeviceContext {
  readonly symbols: EngineSymbols;
  readonly #handle: bigint;
  readonly #text = new Uint8Array(ERROR_BYTES);
  readonly #elapsed = new BigUint64Array(1);
  #open = true;
  #inFlight = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(symbols: EngineSymbols, handle: bigint) {
    this.symbols = symbols;
    this.#handle = handle;
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
   * Runs a submit after all that were called before it. A blocking one runs at once if nothing is in flight, and off the event
   * loop otherwise; one that lets the loop turn first keeps its place among those called meanwhile.
   */
  async submit<Parameters extends unknown[]>(
    call: SubmitCall<Parameters>,
  ): Promise<RunReport> {
    this.#requireOpen();
    if (call.way === "blocking" && this.#inFlight === 0) {
      const parameters = call.prepare(this.#elapsed, span(this.#text));
      check(call.sync(...parameters), call.where, this.#text);
      return { nativeMs: Number(this.#elapsed[0]) / 1e6 };
    }
    const elapsed = new BigUint64Array(1);
    const text = new Uint8Array(ERROR_BYTES);
    this.#inFlight++;
    const run = async () => {
      const parameters = call.prepare(elapsed, span(text));
      if (call.way !== "turn-first") {
        return await offTheLoop(() => call.async(...parameters));
      }
      await turnLoop();
      return call.sync(...parameters);
    };
    const turn = this.#tail.then(run);
    this.#tail = turn.catch(() => {});
    try {
      check(await turn, call.where, text);
    } finally {
      this.#inFlight--;
    }
    return { nativeMs: Number(elapsed[0]) / 1e6 };
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
