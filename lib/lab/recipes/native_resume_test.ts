import {
  assert,
  assertEquals,
  assertGreater,
  assertNotEquals,
} from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadLibrary } from "../../engine/mod.ts";

const PROGRAM = fileURLToPath(new URL("_tiny.ts", import.meta.url));

/** Starts a process that trains the tiny recipe on the native engine. */
async function start(folder: string): Promise<Deno.ChildProcess> {
  const { path } = await loadLibrary();
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      `--allow-read`,
      `--allow-write=${folder}`,
      `--allow-ffi=${path}`,
      "--allow-env=DLLM_NATIVE_LIBRARY",
      PROGRAM,
      folder,
    ],
    env: { DLLM_NATIVE_LIBRARY: path },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Kills a training once it has printed so many steps. */
async function kill(folder: string, steps: number): Promise<void> {
  const child = await start(folder);
  const decoder = new TextDecoder();
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += decoder.decode(chunk, { stream: true });
    if (printed.split("\n").length > steps) break;
  }
  child.kill("SIGKILL");
  assert(!(await child.status).success, "it ended before it was killed");
}

/** Trains to the end; the steps of this process, and the weights. */
async function finish(
  folder: string,
): Promise<{ steps: number; weights: string }> {
  const { success, stdout } = await (await start(folder)).output();
  assert(success);
  const model = join(folder, "models", "tiny", "model.safetensors");
  return {
    steps: new TextDecoder().decode(stdout).trim().split("\n").length,
    weights: (await Deno.readFile(model)).toHex(),
  };
}

Deno.test("a native training killed in each stage ends with the weights of an unbroken one, bit by bit", async () => {
  const [broken, whole] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  await kill(broken, 8);
  await kill(broken, 30);
  const resumed = await finish(broken);
  const unbroken = await finish(whole);
  assertEquals(unbroken.steps, 60);
  assertGreater(resumed.steps, 0);
  assertNotEquals(resumed.steps, 60);
  assert(resumed.weights === unbroken.weights, "the weights differ");
  for (const folder of [broken, whole]) {
    await Deno.remove(folder, { recursive: true });
  }
});
