/** Runs of the tiny recipe. Used by tests only. */
import { join } from "node:path";
import { PLAIN, TINY, tinyTools } from "./_tiny.ts";
import { trainRecipe } from "./train.ts";

/** A test in a folder of its own. */
export async function inFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Weights of a model, as hex. */
export async function weightsIn(model: string): Promise<string> {
  const bytes = await Deno.readFile(join(model, "model.safetensors"));
  return bytes.toHex();
}

/** Weights of the tiny recipe after a training without a break. */
export async function unbroken(): Promise<string> {
  let weights = "";
  await inFolder(async (folder) => {
    weights = await weightsIn(
      (await trainRecipe(TINY, PLAIN, tinyTools(folder)))!,
    );
  });
  return weights;
}
