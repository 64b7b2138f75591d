/**
 * What can go wrong below the models, as classes with data.
 *
 * @module
 */
import { STATUS_NAMES, type StatusName } from "./abi.ts";

/** A call into the native library came back with a status other than OK. */
export class EngineError extends Error {
  /** Name of the class. */
  override name = "EngineError";
  /** Status code of the library. */
  readonly code: number;
  /** Name of the status code. */
  readonly status: StatusName;
  /** C function that returned it. */
  readonly where: string;

  /** Builds the error of status `code` returned by the C function `where`; `detail` is the library's own text. */
  constructor(code: number, where: string, detail: string) {
    const status = STATUS_NAMES[code] ?? "INTERNAL";
    super(`${where} failed with ${status}: ${detail || "no further detail"}`);
    this.code = code;
    this.status = status;
    this.where = where;
  }
}

/** A device, buffer, weight or plan was used after it had been closed, or a device was closed while it was working. */
export class LifetimeError extends Error {
  /** Name of the class. */
  override name = "LifetimeError";
}

/** No native library could be found, or the one found could not be opened. */
export class LibraryLoadError extends Error {
  /** Name of the class. */
  override name = "LibraryLoadError";
}

/** A native library speaks another version of the ABI. */
export class AbiMismatchError extends LibraryLoadError {
  /** Name of the class. */
  override name = "AbiMismatchError";
  /** Version that the library reports. */
  readonly found: number;
  /** Version that this package needs. */
  readonly wanted: number;

  /** Builds the error for the library at `path`. */
  constructor(path: string, versions: { found: number; wanted: number }) {
    super(
      `Cannot use the native library "${path}": found ABI ${versions.found}, need ABI ${versions.wanted}. ` +
        "Run `deno task build`, or unset DLLM_NATIVE_LIBRARY if it names an old library",
    );
    this.found = versions.found;
    this.wanted = versions.wanted;
  }
}

/** The native library could not be compiled. */
export class NativeBuildError extends Error {
  /** Name of the class. */
  override name = "NativeBuildError";
}
