/**
 * Runs the conformance cases of golden directories:
 *
 *     deno task conformance [--reference] [--parallel bp=2,tp=1] [DIR ...]
 *
 * Without a directory it runs the project's own golden data. `--reference` computes with the plain TypeScript model instead of
 * the native engine. `--parallel` runs the decoding traces alone, over a mesh of ranks: bp replicas of tp shards each, on devices
 * of one thread, all runs under the two-phase cache protocol and block-causal ones under the single-phase protocol too. The last line says how many cases passed, failed and were skipped; the exit status is 1 when
 * one failed and 2 when nothing could be run.
 *
 * @module
 */
import { Device, NativeBuildError } from "../engine/mod.ts";
import { MeshError } from "../parallel/errors.ts";
import { parseMesh, type RankMesh } from "../parallel/mesh.ts";
import { propertyCases } from "./conformance/properties.ts";
import { Report } from "./conformance/report.ts";
import { directoryCases } from "./conformance/runner.ts";
import { goldenDirectory } from "./golden_archive.ts";
import { ArchiveError } from "./golden_archive_format.ts";
import { UsageError } from "./command_line.ts";

const USAGE = "[--reference] [--parallel bp=2,tp=1] [DIR ...]";

interface Arguments {
  readonly reference: boolean;
  readonly mesh?: RankMesh;
  /** Directories. */
  readonly given: readonly string[];
}

function readArguments(args: readonly string[]): Arguments {
  let reference = false, mesh: RankMesh | undefined;
  const given: string[] = [];
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift()!;
    if (arg === "--reference") reference = true;
    else if (arg === "--parallel") mesh = parseMesh(rest.shift() ?? "");
    else if (arg.startsWith("-")) {
      throw new UsageError(`unknown option ${arg}, wanted ${USAGE}`);
    } else given.push(arg);
  }
  if (reference && mesh !== undefined) {
    throw new UsageError(
      "--reference and --parallel given; ranks run on the native engine: take one of them",
    );
  }
  return { reference, given, ...(mesh ? { mesh } : {}) };
}

/** Runs the cases of the directories named; gives whether none failed. */
export async function conformance(args: readonly string[]): Promise<boolean> {
  const { reference, mesh, given } = readArguments(args);
  const directories = given.length > 0 ? given : [await goldenDirectory()];
  const device = reference ? null : await Device.open();
  const terminal = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  const report = new Report({
    line: (text) => console.log(text),
    ...(terminal
      ? {
        progress: (text: string) =>
          Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${text}`)),
      }
      : {}),
  });
  try {
    for (const directory of directories) {
      report.directory(directory);
      for await (
        const outcome of directoryCases(directory, {
          device,
          ...(mesh ? { mesh } : {}),
        })
      ) {
        report.add(outcome);
      }
    }
    if (mesh === undefined) {
      report.directory("without data");
      for await (const outcome of propertyCases()) report.add(outcome);
    }
  } finally {
    device?.close();
  }
  return report.end();
}

if (import.meta.main) {
  try {
    if (!(await conformance(Deno.args))) Deno.exitCode = 1;
  } catch (error) {
    if (error instanceof NativeBuildError) {
      console.error(`${error.message}\nOr run with --reference.`);
    } else if (
      error instanceof UsageError || error instanceof ArchiveError ||
      error instanceof MeshError
    ) {
      console.error(error.message);
    } else throw error;
    Deno.exitCode = 2;
  }
}
