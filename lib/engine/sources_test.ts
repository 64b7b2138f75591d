import { assertEquals, assertNotEquals } from "@std/assert";
import { COMPILE_FLAGS, flagsOf, listSources } from "./sources.ts";
import { temporaryFolder } from "./_temporary.ts";

/** Files of a small source tree with a header chain. */
const TREE: Record<string, string> = {
  "dllm.h": "int version();\n",
  "cpu/a.cpp": '#include "a.h"\nint a() { return A; }\n',
  "cpu/a.h": '#include "gemm/deep.h"\n#include <cstdint>\n',
  "cpu/gemm/b.cpp": '#include "dllm.h"\nint b() { return 2; }\n',
  "cpu/gemm/deep.h": "#define A 1\n",
  "cpu/fuzz/driver.cpp": "int main() {}\n",
  "cpu/gemm/bench/bench.cpp": "int main() {}\n",
};

async function writeTree(root: URL, tree = TREE): Promise<void> {
  for (const [path, text] of Object.entries(tree)) {
    const url = new URL(path, root);
    await Deno.mkdir(new URL(".", url), { recursive: true });
    await Deno.writeTextFile(url, text);
  }
}

Deno.test("listSources() leaves out fuzz drivers and benches", async () => {
  await using folder = await temporaryFolder();
  await writeTree(folder.url);
  const sources = await listSources({ root: folder.url });
  assertEquals(sources.map(({ path }) => path), [
    "cpu/a.cpp",
    "cpu/gemm/b.cpp",
  ]);
});

Deno.test("listSources() hashes a file with the headers it reaches and no others", async () => {
  await using folder = await temporaryFolder();
  await writeTree(folder.url);
  const before = await listSources({ root: folder.url });
  await writeTree(folder.url, { "cpu/gemm/deep.h": "#define A 2\n" });
  const after = await listSources({ root: folder.url });
  assertNotEquals(after[0]!.hash, before[0]!.hash);
  assertEquals(after[1]!.hash, before[1]!.hash);
  await writeTree(folder.url, { "dllm.h": "int version(int);\n" });
  const last = await listSources({ root: folder.url });
  assertEquals(last[0]!.hash, after[0]!.hash);
  assertNotEquals(last[1]!.hash, after[1]!.hash);
});

Deno.test("listSources() finds nothing in an empty folder", async () => {
  await using folder = await temporaryFolder();
  assertEquals(await listSources({ root: folder.url }), []);
});

Deno.test("flagsOf() adds instruction sets by file name on x86-64 only", () => {
  const extra = (path: string, arch: string) =>
    flagsOf(path, arch).slice(COMPILE_FLAGS.length);
  assertEquals(extra("cpu/device.cpp", "x86_64"), []);
  assertEquals(extra("cpu/gemm/kernels_avx2.cpp", "x86_64"), [
    "-mavx2",
    "-mfma",
    "-mf16c",
  ]);
  assertEquals(extra("x_avx512bf16.cpp", "x86_64").at(-1), "-mavx512bf16");
  assertEquals(extra("x_avx512.cpp", "x86_64").at(-1), "-mfma");
  assertEquals(extra("x_avx512.cpp", "aarch64"), []);
});
