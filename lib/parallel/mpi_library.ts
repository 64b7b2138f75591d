/**
 * The functions of `ffi/mpi/dllm_mpi.h`: finds, builds and opens the library, and turns its statuses into errors.
 *
 * @module
 */
import { cString, span } from "../engine/_context.ts";
import { STATUS_NAMES } from "../engine/abi.ts";
import { buildMpiLibrary, MPI_REMEDY } from "../engine/build_mpi.ts";
import { LibraryLoadError } from "../engine/errors.ts";

/** A call into the MPI library came back with a status other than OK. */
export class MpiError extends Error {
  /** Name of the class. */
  override name = "MpiError";
  /** C function that returned it. */
  readonly where: string;
  /** Its status code, of `dllm.h`. */
  readonly code: number;

  /** Builds the error of status `code` returned by `where`; `detail` is the library's own text. */
  constructor(where: string, code: number, detail: string) {
    const status = STATUS_NAMES[code] ?? "INTERNAL";
    super(`${where} failed with ${status}: ${detail || "no further detail"}`);
    this.where = where;
    this.code = code;
  }
}

const ABI_VERSION = 2;

const ERROR = ["buffer", "u64"] as const;

/** Every function of the library, as `Deno.dlopen` wants them. */
export const MPI_SYMBOLS = {
  dllm_mpi_abi_version: { parameters: [], result: "u32" },
  dllm_mpi_start: { parameters: ["buffer", "buffer", ...ERROR], result: "i32" },
  dllm_mpi_version: { parameters: ["buffer", "u64", ...ERROR], result: "i32" },
  dllm_mpi_send: {
    parameters: ["u32", "u32", "buffer", "u64", "buffer", ...ERROR],
    result: "i32",
  },
  dllm_mpi_probe: {
    parameters: ["u32", "buffer", "buffer", ...ERROR],
    result: "i32",
  },
  dllm_mpi_receive: { parameters: ["u64", "buffer", ...ERROR], result: "i32" },
  dllm_mpi_split: { parameters: ["u32", "buffer", ...ERROR], result: "i32" },
  dllm_mpi_broadcast: {
    parameters: ["u64", "u32", "buffer", "u64", "buffer", ...ERROR],
    result: "i32",
  },
  dllm_mpi_all_gather: {
    parameters: ["u64", "buffer", "u64", "buffer", ...ERROR],
    result: "i32",
  },
  dllm_mpi_test: {
    parameters: ["u64", "buffer", "u64", "buffer", ...ERROR],
    result: "i32",
  },
  dllm_mpi_finish: { parameters: [...ERROR], result: "i32" },
  dllm_mpi_abort: { parameters: ["u32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

type Symbols = Deno.DynamicLibrary<typeof MPI_SYMBOLS>["symbols"];

/** Functions that give a status. */
type Checked = Exclude<
  keyof Symbols,
  "dllm_mpi_abi_version" | "dllm_mpi_abort"
>;

/** Their parameters before those that take the error. */
type Own<Name extends Checked> = Parameters<Symbols[Name]> extends
  [...infer Own, unknown, unknown] ? Own : never;

/** A message that waits to be received. */
export interface WaitingMessage {
  readonly id: bigint;
  /** Its size. */
  readonly bytes: number;
}

/** The group of all ranks. */
export const ALL_RANKS = 0n;

const NO_MESSAGE = 2n ** 64n - 1n;

/** The library, its functions with numbers and arrays instead of pointers. All but `abort` throw an {@linkcode MpiError}. */
export class MpiLibrary {
  readonly #symbols: Symbols;
  readonly #text = new Uint8Array(1024);
  readonly #number = new BigUint64Array(1);
  readonly #second = new BigUint64Array(1);
  readonly #flag = new Uint32Array(1);

  private constructor(symbols: Symbols) {
    this.#symbols = symbols;
  }

  /**
   * Opens the library; builds it first where it is not there.
   *
   * @throws {NativeBuildError} Where there is no MPI, with the remedy.
   * @throws {LibraryLoadError} When the library cannot be opened.
   */
  static async open(): Promise<MpiLibrary> {
    return MpiLibrary.at(await buildMpiLibrary());
  }

  /** Opens the library at a path. */
  static at(path: string): MpiLibrary {
    try {
      const { symbols } = Deno.dlopen(path, MPI_SYMBOLS);
      const found = symbols.dllm_mpi_abi_version();
      if (found !== ABI_VERSION) {
        throw new TypeError(`found ABI ${found}, need ABI ${ABI_VERSION}`);
      }
      return new MpiLibrary(symbols);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new LibraryLoadError(
        `Cannot open the MPI library "${path}": ${reason}. ${MPI_REMEDY}`,
        { cause: error },
      );
    }
  }

  /** First line of what the MPI says of itself. */
  get version(): string {
    const out = new Uint8Array(8192);
    this.#call("dllm_mpi_version", ...span(out));
    return cString(out).split(/[\n,]/)[0]!;
  }

  /** Joins the job that mpirun started; a job of one rank where none did. Once per process. */
  start(): { readonly rank: number; readonly size: number } {
    const rank = new Uint32Array(1), size = new Uint32Array(1);
    this.#call("dllm_mpi_start", rank, size);
    return { rank: rank[0]!, size: size[0]! };
  }

  /** Begins to send bytes; gives the request. */
  send(to: number, tag: number, bytes: Uint8Array<ArrayBuffer>): bigint {
    this.#call("dllm_mpi_send", to, tag, ...given(bytes), this.#number);
    return this.#number[0]!;
  }

  /** Takes the next message of a tag out of the queue. */
  probe(tag: number): WaitingMessage | null {
    this.#call("dllm_mpi_probe", tag, this.#number, this.#second);
    const bytes = this.#number[0]!;
    if (bytes === NO_MESSAGE) return null;
    return { id: this.#second[0]!, bytes: Number(bytes) };
  }

  /** Begins to receive a message that was probed. */
  receive({ id }: WaitingMessage): bigint {
    this.#call("dllm_mpi_receive", id, this.#number);
    return this.#number[0]!;
  }

  /** Forms groups of the ranks that give the same color; all ranks call it, and wait for each other. */
  split(color: number): bigint {
    this.#call("dllm_mpi_split", color, this.#number);
    return this.#number[0]!;
  }

  /** Begins to give the bytes of a group's root to all its ranks; elsewhere only the length of `bytes` counts. */
  broadcast(
    group: bigint,
    root: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): bigint {
    const own = given(bytes);
    this.#call("dllm_mpi_broadcast", group, root, ...own, this.#number);
    return this.#number[0]!;
  }

  /** Begins to gather the same number of bytes of every rank of a group. */
  allGather(group: bigint, bytes: Uint8Array<ArrayBuffer>): bigint {
    const own = given(bytes);
    this.#call("dllm_mpi_all_gather", group, ...own, this.#number);
    return this.#number[0]!;
  }

  /** Whether a request is done; if so, what came in is in `out`, whose size must be the request's. */
  test(request: bigint, out: Uint8Array<ArrayBuffer>): boolean {
    this.#call("dllm_mpi_test", request, ...given(out), this.#flag);
    return this.#flag[0] === 1;
  }

  /** Leaves the job; waits for the other ranks to do so. */
  finish(): void {
    this.#call("dllm_mpi_finish");
  }

  /** Ends all processes of the job, this one among them. */
  abort(exitStatus: number): never {
    this.#symbols.dllm_mpi_abort(exitStatus);
    throw new Error("dllm_mpi_abort came back");
  }

  /** Calls a function with all but what takes its error. */
  #call<Name extends Checked>(name: Name, ...own: Own<Name>): void {
    const call = this.#symbols[name] as (...all: readonly unknown[]) => number;
    const status = call(...own, ...span(this.#text));
    if (status !== 0) throw new MpiError(name, status, cString(this.#text));
  }
}

/** Memory as two C parameters; none where it is empty. */
function given(
  bytes: Uint8Array<ArrayBuffer>,
): [bytes: Uint8Array<ArrayBuffer> | null, count: bigint] {
  return [bytes.length === 0 ? null : bytes, BigInt(bytes.length)];
}
