import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { join } from "node:path";
import { prettyJson, sha256 } from "../json.ts";
import { readGit } from "./git.ts";
import { machineFingerprint, readMachine } from "./machine.ts";
import { collectManifest, type RunFacts } from "./manifest.ts";
import { isUnavailable } from "./recorded.ts";

const FACTS: RunFacts = {
  mode: "quick",
  argv: ["--quick"],
  started: new Date("2026-01-02T03:04:05Z"),
  ended: new Date("2026-01-02T03:05:00Z"),
  experiments: [{
    id: "demo",
    version: 1,
    computed: 1,
    reused: 2,
    missing: 0,
    cells: ["a", "b", "c"],
    made: [],
  }],
  inputs: { "dream-tiny": "00" },
  seeds: [7],
  library: { unavailable: "not used" },
  output: { folder: ".", files: [] },
};

async function git(folder: string, ...args: string[]): Promise<void> {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  const { success } = await new Deno.Command("git", {
    args: [...identity, ...args],
    cwd: folder,
    stdout: "null",
    stderr: "null",
  }).output();
  assert(success, `git ${args}`);
}

Deno.test("readGit() tells clean from dirty and one difference from another, results/ apart", async () => {
  const folder = await Deno.makeTempDir();
  const write = (name: string, text: string) =>
    Deno.writeTextFile(join(folder, name), text);
  await git(folder, "init", "-q");
  await write("a.txt", "1");
  await git(folder, "add", "a.txt");
  await git(folder, "commit", "-qm", "first");
  const clean = await readGit(folder);
  assertMatch(clean.commit, /^[0-9a-f]{40}$/);
  assertEquals([clean.dirty, clean.difference], [false, null]);

  await Deno.mkdir(join(folder, "results"));
  await write("results/claims.json", "{}");
  assertEquals(await readGit(folder), clean);

  const differences = new Set<string>();
  for (
    const [name, text] of [["a.txt", "2"], ["b c.txt", "1"], ["b c.txt", "2"]]
  ) {
    await write(name!, text!);
    const state = await readGit(folder);
    assertEquals([state.commit, state.dirty], [clean.commit, true]);
    differences.add(state.difference!);
    assertEquals(await readGit(join(folder, "results")), state);
  }
  assertEquals(differences.size, 3);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "collectManifest() records what it may not see as unavailable",
  permissions: { read: false, run: false, sys: false },
  async fn() {
    const manifest = await collectManifest(FACTS);
    assert(isUnavailable(manifest.git));
    assert(isUnavailable(manifest.lock));
    assert(isUnavailable(manifest.machine.cpu));
    assert(isUnavailable(manifest.machine.memory));
    assertEquals(manifest.runtime.deno, Deno.version.deno);
    assertEquals(manifest.started, "2026-01-02T03:04:05.000Z");
  },
});

Deno.test("collectManifest() hashes outputs and lock file and has one spelling", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "table.csv");
  await Deno.writeTextFile(file, "a\n1\n");
  const manifest = await collectManifest({
    ...FACTS,
    output: { folder, files: [file] },
  });
  assertEquals(manifest.outputs, { "table.csv": sha256("a\n1\n") });
  const text = prettyJson(manifest);
  assertEquals(prettyJson(JSON.parse(text)), text);
  assertEquals(
    Object.keys(JSON.parse(text)),
    Object.keys(JSON.parse(text)).sort(),
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("machineFingerprint() changes with what bears on times only", async () => {
  const machine = await readMachine();
  const print = machineFingerprint(machine);
  assertEquals(machineFingerprint({ ...machine, release: "x" }), print);
  assertNotEquals(
    machineFingerprint({ ...machine, cores: machine.cores + 1 }),
    print,
  );
  assertNotEquals(machineFingerprint({ ...machine, cpu: "x" }), print);
});
