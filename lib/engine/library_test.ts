import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { library, nativeTest } from "./_fixture.ts";
import { temporaryFolder } from "./_temporary.ts";
import { ABI_VERSION } from "./abi.ts";
import { findCompiler } from "./compiler.ts";
import { AbiMismatchError, LibraryLoadError } from "./errors.ts";
import { loadLibrary } from "./library.ts";

/** Tests that open a library of their own: nothing closes it, by design. */
function openingTest(name: string, fn: () => Promise<void>): void {
  const ignore = library === null;
  Deno.test({ name, fn, ignore, sanitizeResources: false });
}

async function compile(source: string, folder: string): Promise<string> {
  const { command } = await findCompiler();
  const [cpp, path] = [`${folder}/a.cpp`, `${folder}/liba.so`];
  await Deno.writeTextFile(cpp, source);
  const args = ["-shared", "-fPIC", "-o", path, cpp];
  const { success } = await new Deno.Command(command, { args }).output();
  assertEquals(success, true);
  return path;
}

nativeTest(
  "loadLibrary() opens one library for all callers and knows its digest",
  async () => {
    const [one, two] = await Promise.all([loadLibrary(), loadLibrary()]);
    assertStrictEquals(one, two);
    assertMatch(one.sha256, /^[0-9a-f]{64}$/);
    assertEquals(one.buildInfo.backend, "cpu");
    assertEquals(one.buildInfo.isas.includes("scalar"), true);
    assertEquals(one.buildInfo.isas.includes(one.buildInfo.best), true);
  },
);

openingTest("loadLibrary() takes an explicit path", async () => {
  const { path, sha256 } = library!;
  assertEquals((await loadLibrary({ path })).sha256, sha256);
});

openingTest(
  "loadLibrary() names both versions of a library of another ABI",
  async () => {
    await using folder = await temporaryFolder();
    const path = await compile(
      'extern "C" unsigned dllm_abi_version() { return 77; }',
      folder.path,
    );
    const error = await assertRejects(
      () => loadLibrary({ path }),
      AbiMismatchError,
      `found ABI 77, need ABI ${ABI_VERSION}`,
    );
    assertEquals([error.found, error.wanted], [77, ABI_VERSION]);
  },
);

openingTest(
  "loadLibrary() names a library without the functions of the ABI",
  async () => {
    await using folder = await temporaryFolder();
    const source =
      `extern "C" unsigned dllm_abi_version() { return ${ABI_VERSION}; }`;
    const path = await compile(source, folder.path);
    await assertRejects(() => loadLibrary({ path }), LibraryLoadError, path);
    await assertRejects(
      () => loadLibrary({ path }),
      LibraryLoadError,
      "deno task build",
    );
  },
);

Deno.test("loadLibrary() names a file that is missing or no library", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/libdllm_cpu.so`;
  await assertRejects(() => loadLibrary({ path }), LibraryLoadError, path);
  await Deno.writeTextFile(path, "not a library");
  await assertRejects(() => loadLibrary({ path }), LibraryLoadError, path);
});
