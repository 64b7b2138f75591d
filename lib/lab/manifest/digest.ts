import { sha256 } from "../json.ts";

/** SHA-256 of one file, in hexadecimal. Needs read permission. */
export async function digestFile(path: string): Promise<string> {
  return sha256(await Deno.readFile(path));
}
