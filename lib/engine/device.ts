/**
 * A processor with its memory and its queue of work.
 *
 * @module
 */
import {
  cString,
  DeviceContext,
  ERROR_CAPACITY,
  type RunReport,
  span,
} from "./_context.ts";
import { forgetOwner, watchOwner } from "./_leaks.ts";
import { DTYPE_CODES, type Isa, ISA_CODES } from "./abi.ts";
import { DeviceBuffer } from "./buffer.ts";
import { EngineError } from "./errors.ts";
import { loadLibrary, type NativeLibrary } from "./library.ts";
import {
  chooseWay,
  Plan,
  type PlanOptions,
  type RunPlanOptions,
} from "./plan.ts";
import { Weight, type WeightOptions } from "./weight.ts";

/** How a device is opened. */
export interface DeviceOptions {
  /** Worker threads, 1 to 256. Default (or 0): one per hardware thread. */
  readonly threads?: number;
  /** Default `best`. */
  readonly isa?: Isa;
  /**
   * Whether its runs leave the event loop free, all but those that are shorter than a turn of it. Default: they may block it for
   * up to 100 ms while no other device works.
   */
  readonly concurrent?: boolean;
  /** Library to open it with. Default: the one that {@linkcode loadLibrary} finds. */
  readonly library?: NativeLibrary;
}

/** What a device says of itself. */
export interface DeviceInfo {
  /** `cpu`. */
  readonly backend: string;
  /** Instruction set in use. */
  readonly isa: string;
  /** Worker threads. */
  readonly threads: number;
  /** Bytes held by buffers and weights. */
  readonly bytes: number;
}

/** One submit: parameter words in, result bytes out. */
export interface SubmitOptions extends RunPlanOptions {
  /** Words copied to the parameter buffer. Default none. */
  readonly params?: Int32Array;
  /** Filled from the output buffer. Default empty. */
  readonly out?: Uint8Array;
}

/**
 * A device: buffers, weights and plans live on it, and its submits run in the order of the calls.
 *
 * @example Open, use, close
 * ```ts ignore
 * using device = await Device.open({ threads: 2 });
 * const hidden = device.buffer(4 * rows * width);
 * ```
 */
export class Device implements Disposable, AsyncDisposable {
  readonly #context: DeviceContext;
  /** Library that the device runs on. */
  readonly library: NativeLibrary;

  private constructor(
    library: NativeLibrary,
    options: { readonly handle: bigint; readonly concurrent: boolean },
  ) {
    this.library = library;
    const context = new DeviceContext(library.symbols, options);
    this.#context = context;
    watchOwner(this, { label: "device", isOpen: () => context.open });
  }

  /** Opens a device. Rejects with an {@linkcode EngineError} of status UNSUPPORTED for an instruction set this machine lacks. */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    const { threads = 0 } = options;
    if (!Number.isInteger(threads) || threads < 0 || threads > 256) {
      throw new RangeError(
        `Cannot open a device: threads is ${threads}, want an integer from 1 to 256`,
      );
    }
    const isa = ISA_CODES[options.isa ?? "best"];
    if (isa === undefined) {
      throw new RangeError(
        `Cannot open a device: isa is "${options.isa}", want one of ${
          Object.keys(ISA_CODES).join(", ")
        }`,
      );
    }
    const library = options.library ?? await loadLibrary();
    const struct = new Uint32Array([16, threads, isa, 0]);
    const handle = new BigUint64Array(1);
    const text = new Uint8Array(1024);
    const status = library.symbols.dllm_device_open(
      ...span(struct),
      handle,
      ...span(text),
    );
    if (status !== 0) {
      throw new EngineError(status, "dllm_device_open", cString(text));
    }
    const { concurrent = false } = options;
    return new Device(library, { handle: handle[0]!, concurrent });
  }

  /** What the device is and how much memory it holds. */
  get info(): DeviceInfo {
    const out = new Uint8Array(4096);
    this.#context.call(
      "dllm_device_info",
      (device, error) =>
        this.library.symbols.dllm_device_info(
          device,
          ...span(out),
          ...error,
        ),
    );
    return JSON.parse(cString(out)) as DeviceInfo;
  }

  /** Submits that have been called and are not finished. */
  get inFlight(): number {
    return this.#context.inFlight;
  }

  /** Measures the arithmetic ceiling of an element type in 1e9 operations per second, for about `seconds` (default 0.2). Blocks. */
  peak(dtype: "f32" | "bf16", options: { seconds?: number } = {}): number {
    const gflops = new Float64Array(1);
    this.#context.call(
      "dllm_device_peak",
      (device, error) =>
        this.library.symbols.dllm_device_peak(
          device,
          DTYPE_CODES[dtype],
          options.seconds ?? 0.2,
          gflops,
          ...error,
        ),
    );
    return gflops[0]!;
  }

  /** Creates a buffer of zeros. */
  buffer(bytes: number): DeviceBuffer {
    return DeviceBuffer.create(this.#context, bytes);
  }

  /** Creates a weight of zeros. */
  weight(options: WeightOptions): Weight {
    return Weight.create(this.#context, options);
  }

  /** Checks and compiles a command buffer, to be run many times. */
  plan(commands: Uint8Array, options: PlanOptions = {}): Plan {
    return Plan.create(this.#context, commands, options);
  }

  /** Checks and runs a command buffer once. Neither array of the options may be touched until the promise settles. */
  async submit(
    commands: Uint8Array,
    options: SubmitOptions = {},
  ): Promise<RunReport> {
    const { params = new Int32Array(0), out = new Uint8Array(0) } = options;
    const context = this.#context;
    const { handle, symbols } = context;
    const given = [...span(commands), ...span(params), ...span(out)] as const;
    return await context.submit({
      where: "dllm_submit",
      way: chooseWay(context, options, Infinity),
      blocking: (times, text) =>
        symbols.dllm_submit(handle, ...given, times, text, ERROR_CAPACITY),
      nonblocking: (times, text) =>
        symbols.dllm_submit_async(
          handle,
          ...given,
          times,
          text,
          ERROR_CAPACITY,
        ),
    });
  }

  /** Frees the device and all that lives on it. Idempotent; throws a `LifetimeError` while submits are in flight. */
  close(): void {
    this.#context.close();
    forgetOwner(this);
  }

  /** Lets the submits in flight finish, then closes. */
  async closeAsync(): Promise<void> {
    await this.#context.closeAsync();
    forgetOwner(this);
  }

  /** Same as {@linkcode Device.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Same as {@linkcode Device.closeAsync}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.closeAsync();
  }
}
