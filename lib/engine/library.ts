/**
 * Finds, checks and opens the native library: an explicit path, else `DLLM_NATIVE_LIBRARY`, else the build of the present
 * sources, which is made on first use. A library is opened once per process and never closed: calling into an unloaded one ends
 * the process.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { cString, span } from "./_context.ts";
import { ABI_VERSION } from "./abi.ts";
import { buildLibrary, findBuilt } from "./build.ts";
import { AbiMismatchError, LibraryLoadError } from "./errors.ts";
import { type EngineSymbols, SYMBOLS, VERSION_SYMBOLS } from "./symbols.ts";

/** Variable that names a library to use instead of the built one. */
export const LIBRARY_VARIABLE = "DLLM_NATIVE_LIBRARY";

/** How the library was built, in its own words. */
export interface BuildInfo {
  /** `cpu`. */
  readonly backend: string;
  /** Name and version of the compiler. */
  readonly compiler: string;
  /** Instruction sets it has kernels for. */
  readonly isas: readonly string[];
  /** The highest of them that runs here. */
  readonly best: string;
}

/** An open native library. */
export interface NativeLibrary {
  /** Path it was opened from. */
  readonly path: string;
  /** SHA-256 of the file, for manifests. */
  readonly sha256: string;
  /** What the library says of itself. */
  readonly buildInfo: BuildInfo;
  /** @internal Its functions, bound. */
  readonly symbols: EngineSymbols;
}

const loaded = new Map<string, Promise<NativeLibrary>>();

/** Opens the native library, once per process and path. Rejects with a {@linkcode LibraryLoadError} or a `NativeBuildError`. */
export function loadLibrary(
  options: { path?: string } = {},
): Promise<NativeLibrary> {
  const key = options.path ?? "";
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const opening = locate(options.path).then(openLibrary);
  loaded.set(key, opening);
  opening.catch(() => loaded.delete(key));
  return opening;
}

async function locate(path: string | undefined): Promise<string> {
  if (path !== undefined) return path;
  const named = libraryVariable();
  if (named !== undefined) return named;
  return await findBuilt() ?? (await buildLibrary()).path;
}

function libraryVariable(): string | undefined {
  try {
    return Deno.env.get(LIBRARY_VARIABLE) || undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

async function openLibrary(path: string): Promise<NativeLibrary> {
  try {
    const bytes = await Deno.readFile(path);
    const version = Deno.dlopen(path, VERSION_SYMBOLS).symbols
      .dllm_abi_version();
    if (version !== ABI_VERSION) {
      throw new AbiMismatchError(path, { found: version, wanted: ABI_VERSION });
    }
    const { symbols } = Deno.dlopen(path, SYMBOLS);
    return {
      path,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      buildInfo: readBuildInfo(symbols),
      symbols,
    };
  } catch (error) {
    if (error instanceof LibraryLoadError) throw error;
    if (error instanceof Deno.errors.NotCapable) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new LibraryLoadError(
      `Cannot open the native library "${path}": ${reason}. Run \`deno task build\`, or correct ${LIBRARY_VARIABLE}`,
      { cause: error },
    );
  }
}

function readBuildInfo(symbols: EngineSymbols): BuildInfo {
  const out = new Uint8Array(4096);
  const status = symbols.dllm_build_info(...span(out));
  if (status !== 0) {
    throw new LibraryLoadError(`dllm_build_info failed with status ${status}`);
  }
  return JSON.parse(cString(out)) as BuildInfo;
}
