import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

interface Configuration {
  readonly tasks: Record<string, { description: string; command: string }>;
  readonly permissions: Record<string, { write?: string[] }>;
}

const readme = await Deno.readTextFile(new URL("README.md", ROOT));
const { tasks, permissions } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
) as Configuration;

Deno.test("every task is described and has its row in the README's table of permissions", () => {
  for (const [name, { description }] of Object.entries(tasks)) {
    assert(description.length > 0, name);
    assert(readme.includes(`| \`${name}\` `), `no row for ${name}`);
  }
});

Deno.test("the README's table says what each task may write", () => {
  const rows = readme.matchAll(/^\| `([\w-]+)` +\| ([^|]*)\|/gm);
  for (const [, task, cell] of rows) {
    const set = tasks[task!]?.command.match(/-P=([\w-]+)/)?.[1];
    if (set === undefined) continue;
    const written = [...cell!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!);
    if (written.length === 0) continue;
    assertEquals(written.toSorted(), permissions[set]!.write!.toSorted(), task);
  }
});

Deno.test("no task or program asks for all permissions", async () => {
  for (const [name, { command }] of Object.entries(tasks)) {
    assertEquals(/ (-A|--allow-all)\b/.test(command), false, name);
    assertStringIncludes(command, " -P=", name);
  }
  const ci = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const command = ci.match(/npx --yes deno@\S+ task test/)?.[0];
  assert(command !== undefined && readme.includes(command), "CI differs");
});
