/**
 * Runs the conformance cases of golden directories:
 *
 *     deno task conformance [--reference] [DIR ...]
 *
 * Without a directory it runs the project's own golden data. `--reference` computes with the plain TypeScript model instead of
 * the native engine. The last line says how many cases passed, failed and were skipped; the exit status is 1 when
 * one failed and 2 when nothing could be run.
 *
 * @module
 */
import { Device, NativeBuildError } from "../engine/mod.ts";
import { propertyCases } from "./conformance/properties.ts";
import { Report } from "./conformance/report.ts";
import { directoryCases } from "./conformance/runner.ts";
import { goldenDirectory } from "./golden_archive.ts";
import { ArchiveError } from "./golden_archive_format.ts";
import { UsageError } from "./command_line.ts";

/** Runs the cases of the directories named; gives whether none failed. */
export async function conformance(args: readonly string[]): Promise<boolean> {
  const options = args.filter((arg) => arg.startsWith("-"));
  const unknown = options.filter((option) => option !== "--reference");
  if (unknown.length > 0) {
    throw new UsageError(
      `unknown option ${unknown.join(" ")}, wanted [--reference] [DIR ...]`,
    );
  }
  const given = args.filter((arg) => !arg.startsWith("-"));
  const directories = given.length > 0 ? given : [await goldenDirectory()];
  const device = options.length > 0 ? null : await Device.open();
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
      for await (const outcome of directoryCases(directory, { device })) {
        report.add(outcome);
      }
    }
    report.directory("without data");
    for await (const outcome of propertyCases()) report.add(outcome);
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
    } else if (error instanceof UsageError || error instanceof ArchiveError) {
      console.error(error.message);
    } else throw error;
    Deno.exitCode = 2;
  }
}
