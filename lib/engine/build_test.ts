import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { buildLibrary, findBuilt, libraryName } from "./build.ts";
import { type Compiler, findCompiler } from "./compiler.ts";
import { NativeBuildError } from "./errors.ts";
import { temporaryFolder } from "./_temporary.ts";

let compiler: Compiler | null = null;
try {
  compiler = await findCompiler();
} catch (error) {
  if (!(error instanceof NativeBuildError)) throw error;
}

async function writeSources(root: URL): Promise<void> {
  await Deno.mkdir(new URL("cpu/gemm/", root), { recursive: true });
  const write = (path: string, text: string) =>
    Deno.writeTextFile(new URL(path, root), text);
  await write("cpu/a.cpp", '#include "a.h"\nextern "C" int a() { return A; }');
  await write("cpu/a.h", "#define A 1\n");
  await write("cpu/gemm/b.cpp", 'extern "C" int b() { return 2; }');
}

const quiet = { onProgress: () => {} };

Deno.test({
  name: "buildLibrary() compiles once, and one file after one change",
  ignore: compiler === null,
  async fn() {
    await using folder = await temporaryFolder();
    const root = folder.url;
    await writeSources(root);
    assertEquals(await findBuilt({ root }), null);
    const first = await buildLibrary({ root, ...quiet });
    assertEquals(first.compiled, ["cpu/a.cpp", "cpu/gemm/b.cpp"]);
    assertStringIncludes(first.path, `/${libraryName()}`);
    assertEquals(await findBuilt({ root }), first.path);
    const again = await buildLibrary({ root, ...quiet });
    assertEquals(again, { path: first.path, compiled: [] });

    const bytes = await Deno.readFile(first.path);
    await Deno.writeTextFile(new URL("cpu/a.h", root), "#define A 3\n");
    assertEquals(await findBuilt({ root }), null);
    const second = await buildLibrary({ root, ...quiet });
    assertEquals(second.compiled, ["cpu/a.cpp"]);
    assertNotEquals(second.path, first.path);
    assertEquals(await Deno.readFile(first.path), bytes);

    await Deno.writeTextFile(new URL("cpu/a.h", root), "#define A 1\n");
    const back = await buildLibrary({ root, ...quiet });
    assertEquals(back, { path: first.path, compiled: [] });
  },
});

Deno.test({
  name: "buildLibrary() called twice at once builds one library",
  ignore: compiler === null,
  async fn() {
    await using folder = await temporaryFolder();
    const root = folder.url;
    await writeSources(root);
    const builds = await Promise.all(
      [1, 2, 3].map(() =>
        buildLibrary({ root, compiler: compiler!, ...quiet })
      ),
    );
    assertEquals(new Set(builds.map(({ path }) => path)).size, 1);
    assertEquals(builds.flatMap(({ compiled }) => compiled).length, 2);
    const target = new URL(`build/${Deno.build.target}/`, root);
    const left = [...Deno.readDirSync(target)].map(({ name }) => name);
    assertEquals(left.filter((name) => name.startsWith("tmp-")), []);
  },
});

Deno.test({
  name: "buildLibrary() reports the compiler's message and leaves no library",
  ignore: compiler === null,
  async fn() {
    await using folder = await temporaryFolder();
    const root = folder.url;
    await writeSources(root);
    await Deno.writeTextFile(new URL("cpu/a.cpp", root), "int a( {");
    const error = await assertRejects(
      () => buildLibrary({ root, ...quiet }),
      NativeBuildError,
      "failed at cpu/a.cpp",
    );
    assertStringIncludes(error.message, "a.cpp:1");
    assertEquals(await findBuilt({ root }), null);
  },
});

Deno.test({
  name: "buildLibrary() names each file it compiles",
  ignore: compiler === null,
  async fn() {
    await using folder = await temporaryFolder();
    await writeSources(folder.url);
    const lines: string[] = [];
    await buildLibrary({
      root: folder.url,
      onProgress: (line) => lines.push(line),
    });
    assertEquals([...lines.slice(0, 2).sort(), ...lines.slice(2)], [
      "compiling 1/2 cpu/a.cpp",
      "compiling 2/2 cpu/gemm/b.cpp",
      `linking ${libraryName()}`,
    ]);
  },
});

Deno.test("buildLibrary() refuses a folder without sources and one that is not on disk", async () => {
  await using folder = await temporaryFolder();
  await assertRejects(
    () => buildLibrary({ root: folder.url }),
    NativeBuildError,
    "no .cpp file in",
  );
  const root = new URL("https://example.com/ffi/");
  await assertRejects(
    () => buildLibrary({ root }),
    NativeBuildError,
    "Clone the repository",
  );
});

Deno.test("findCompiler() says what it tried and how to get one", async () => {
  const error = await assertRejects(
    () => findCompiler({ commands: ["c++-that-is-not-there"] }),
    NativeBuildError,
    "tried c++-that-is-not-there",
  );
  for (const remedy of ["apt install g++", "xcode-select", "CXX"]) {
    assertStringIncludes(error.message, remedy);
  }
});

Deno.test("libraryName() refuses systems that this release does not build for", () => {
  assertEquals(libraryName("linux"), "libdllm_cpu.so");
  assertEquals(libraryName("darwin"), "libdllm_cpu.dylib");
});
