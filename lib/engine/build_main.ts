/**
 * `deno task build`: compiles the native library, unless the same one is there.
 *
 * @module
 */
import { buildLibrary } from "./build.ts";
import { NativeBuildError } from "./errors.ts";

try {
  const { path, compiled } = await buildLibrary();
  if (compiled.length > 0) {
    console.error(`native library: built ${path} (${compiled.length} files)`);
  }
} catch (error) {
  if (!(error instanceof NativeBuildError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
