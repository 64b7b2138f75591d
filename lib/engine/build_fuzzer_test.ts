import { assertEquals, assertMatch } from "@std/assert";
import { buildFuzzer, hasSanitizers } from "./build_fuzzer.ts";
import { nativeTest } from "./_fixture.ts";
import { temporaryFolder } from "./_temporary.ts";
import { findCompiler } from "./compiler.ts";

nativeTest(
  "buildFuzzer() links one program with the library, or says that sanitizers lack",
  async () => {
    await using folder = await temporaryFolder();
    const root = folder.url;
    await Deno.mkdir(new URL("cpu/fuzz/", root), { recursive: true });
    const write = (path: string, text: string) =>
      Deno.writeTextFile(new URL(path, root), text);
    await write("cpu/a.cpp", "int answer() { return 42; }");
    await write(
      "cpu/fuzz/fuzz_main.cpp",
      "int answer(); int main() { return answer(); }",
    );
    await write("cpu/fuzz/check_other.cpp", "int main() { return 1; }");
    const compiler = await findCompiler();
    const lines: string[] = [];
    const onProgress = (line: string) => lines.push(line);
    const program = await buildFuzzer("fuzz_commands", {
      root,
      compiler,
      onProgress,
    });
    if (!await hasSanitizers(compiler)) return assertEquals(program, null);
    assertMatch(program!, /\/fuzz_commands$/);
    assertEquals((await Deno.stat(program!)).isFile, true);
    assertEquals(lines.some((line) => line.includes("check_other")), false);
    const again = await buildFuzzer("fuzz_commands", { root, compiler });
    assertEquals(again, program);
  },
);
