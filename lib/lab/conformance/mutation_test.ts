import { assert, assertEquals } from "@std/assert";
import {
  type TemporaryFolder,
  temporaryFolder,
} from "../../engine/_temporary.ts";
import { goldenDirectory } from "../golden_archive.ts";
import {
  droppedBoundary,
  promptAlone,
  recomputedBoundary,
  SOURCE_MUTANTS,
  type SourceMutant,
} from "./_mutants.ts";
import { failingCases, recordedCases } from "./_mutation_subject.ts";

const golden = await goldenDirectory();
const LIB = new URL("../../", import.meta.url);

/** Everything that the cases import. */
const FOLDERS = ["engine", "model", "decoding", "metrics", "lab/conformance"];

/** Copies the library's sources into a folder, with one change. */
async function copySources(
  folder: TemporaryFolder,
  mutant: SourceMutant,
): Promise<void> {
  const copy = async (path: string) => {
    let text = await Deno.readTextFile(new URL(path, LIB));
    if (path === mutant.file) {
      assertEquals(
        text.split(mutant.from).length,
        2,
        `"${mutant.from}" must stand once in lib/${path}: bring _mutants.ts up to date`,
      );
      text = text.replace(mutant.from, () => mutant.to);
    }
    await Deno.writeTextFile(new URL(path, folder.url), text);
  };
  for (const name of FOLDERS) {
    await Deno.mkdir(new URL(name, folder.url), { recursive: true });
    for await (const entry of Deno.readDir(new URL(name, LIB))) {
      if (/(?<!_test)\.ts$/.test(entry.name)) {
        await copy(`${name}/${entry.name}`);
      }
    }
  }
  for (const name of ["golden_archive.ts", "golden_archive_format.ts"]) {
    await copy(`lab/${name}`);
  }
}

Deno.test("mutation check: unchanged, every case of the subject passes", async () => {
  assertEquals(await failingCases(golden, { first: false }), []);
});

for (const mutant of SOURCE_MUTANTS) {
  Deno.test(`mutation check: ${mutant.name}: some case is red`, async () => {
    await using folder = await temporaryFolder();
    await copySources(folder, mutant);
    const copy = new URL("lab/conformance/_mutation_subject.ts", folder.url);
    const subject = await import(copy.href) as {
      failingCases: typeof failingCases;
    };
    const failing = await subject.failingCases(golden, { first: true });
    assert(failing.length > 0, "no case noticed");
  });
}

const SESSIONS = { promptAlone, droppedBoundary, recomputedBoundary };

for (const [name, wrap] of Object.entries(SESSIONS)) {
  Deno.test(`mutation check: session with ${name}: some recorded run is red`, async () => {
    const red: string[] = [];
    for await (const outcome of recordedCases(golden, { wrap })) {
      const [first] = outcome.differences;
      if (outcome.status === "failed") {
        assert(first?.where !== "error", `${outcome.name}: ${first?.got}`);
        red.push(outcome.name);
      }
    }
    assert(red.length > 0, "no case noticed");
  });
}
