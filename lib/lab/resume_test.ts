import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { join } from "node:path";

const PROGRAM = new URL("testing/squares_main.ts", import.meta.url).href;
const COUNT = 8;

/** Starts a child process that computes the synthetic experiment into `folder`. */
function start(
  folder: string,
  { pause, shard = [] }: { pause: number; shard?: string[] },
): Deno.ChildProcess {
  const args = [
    "run",
    "--no-lock",
    `--allow-read=${folder}`,
    `--allow-write=${folder}`,
    PROGRAM,
    folder,
    String(COUNT),
    String(pause),
    ...shard,
  ];
  const command = new Deno.Command(Deno.execPath(), {
    args,
    stdout: "piped",
    stderr: "inherit",
  });
  return command.spawn();
}

/** Reads what a child prints until it ends or `enough` says so. */
async function lines(
  child: Deno.ChildProcess,
  enough: (lines: string[]) => boolean = () => false,
): Promise<string[]> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (enough(text.trim().split("\n"))) break;
  }
  return text.trim().split("\n");
}

/** Cells stored whole under `folder`. */
async function stored(folder: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir(join(folder, "quick", "squares"))) {
    if (!/^[0-9a-f]{64}\.json$/.test(name)) continue;
    const text = await Deno.readTextFile(
      join(folder, "quick", "squares", name),
    );
    found.push(JSON.parse(text.split("\n")[1]!).identity.parameters.n);
  }
  return found.sort((a, b) => a - b);
}

Deno.test("a killed run is continued without computing finished cells again", async () => {
  const folder = await Deno.makeTempDir();
  const victim = start(folder, { pause: 200 });
  await lines(victim, (printed) => printed.length >= 4);
  victim.kill("SIGKILL");
  const { success } = await victim.status;
  assert(!success);
  const kept = await stored(folder);
  assertGreaterOrEqual(kept.length, 2);
  assert(kept.length < COUNT, `nothing was left to continue: ${kept}`);

  const heir = start(folder, { pause: 1 });
  const printed = await lines(heir);
  assert((await heir.status).success);
  const all = Array.from({ length: COUNT }, (_, i) => i + 1);
  assertEquals(
    printed.slice(0, -1).map(Number),
    all.filter((n) => !kept.includes(n)),
  );
  assertEquals(printed.at(-1), `${COUNT} finished`);
  assertEquals(await stored(folder), all);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("two shards running at once share one store", async () => {
  const folder = await Deno.makeTempDir();
  const children = ["1/2", "2/2"].map((shard) =>
    start(folder, { pause: 1, shard: [shard] })
  );
  const printed = await Promise.all(children.map((child) => lines(child)));
  for (const child of children) assert((await child.status).success);
  assertEquals(printed.map((text) => text.slice(0, -1).map(Number)), [
    [1, 3, 5, 7],
    [2, 4, 6, 8],
  ]);
  assertEquals((await stored(folder)).length, COUNT);
  await Deno.remove(folder, { recursive: true });
});
