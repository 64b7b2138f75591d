import { assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

async function* testFiles(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(encodeURIComponent(entry.name), folder);
    if (entry.isDirectory) yield* testFiles(new URL(`${url}/`));
    else if (entry.name.endsWith(".ts")) yield url;
  }
}

async function standInNames(): Promise<Set<string>> {
  const url = new URL("./std_assert/mod.ts", import.meta.url);
  const text = await Deno.readTextFile(url);
  const found = text.matchAll(/^export (?:async )?(?:function|class) (\w+)/gm);
  return new Set([...found].map(([, name]) => name!));
}

Deno.test("the stand-in has every name that a test imports from @std/assert", async () => {
  const names = await standInNames();
  const lacking: string[] = [];
  for (const folder of ["lib/", "tools/"]) {
    for await (const file of testFiles(new URL(folder, ROOT))) {
      const text = await Deno.readTextFile(file);
      const imports = text.matchAll(
        /import (?:type )?\{([^}]*)\} from "@std\/assert"/g,
      );
      for (const [, list] of imports) {
        for (const name of list!.split(",").map((part) => part.trim())) {
          if (name !== "" && !names.has(name)) {
            lacking.push(`${name} in ${file.pathname}`);
          }
        }
      }
    }
  }
  assertEquals(lacking, []);
});
