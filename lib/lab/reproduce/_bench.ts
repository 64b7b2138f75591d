/**
 * A work tree with an experiment in it, for tests of the main job.
 *
 * @module
 */
import { assert } from "@std/assert";
import { join } from "node:path";
import type { Claim } from "../claims/types.ts";
import { SILENT } from "../progress.ts";
import { squares, type SquaresOptions } from "../testing/squares.ts";
import { parseReproduceOptions } from "./options.ts";
import { reproduce } from "./reproduce.ts";
import type { Tools } from "./tools.ts";

/** That squares rise. */
export const CLAIM: Claim = {
  id: "squares-rise",
  scope: "tiny",
  paper: "lopa",
  item: "Fig. 4",
  statement: "Squares rise.",
  kind: "trend",
  shape: "rising",
  values: [],
};

/** A work tree with an experiment in it. */
export class Bench {
  readonly root: string;
  readonly computed: number[] = [];
  readonly stop = new AbortController();
  text = "";
  onCell: (n: number) => void = () => {};
  claim: Claim = CLAIM;
  runNotebook: Tools["runNotebook"] = async (_, { output }) => {
    await Deno.writeTextFile(output!, "{}");
    const notebook = { cells: [], metadata: {}, nbformat: 4 as const };
    return {
      notebook: notebook as never,
      executed: 3,
      error: null,
    };
  };

  private constructor(root: string) {
    this.root = root;
  }

  /** In a temporary folder. */
  static async open(): Promise<Bench> {
    return new Bench(await Deno.makeTempDir());
  }

  /** Runs the main job with these arguments and gives its exit code. */
  async run(args: string[], more: Partial<SquaresOptions> = {}) {
    this.text = "";
    const experiment = squares({
      count: 4,
      onCell: (n) => {
        this.onCell(n);
        this.computed.push(n);
      },
      ...more,
    });
    const place = (name: string) => join(this.root, name);
    return await reproduce(parseReproduceOptions(args), {
      experiments: [experiment],
      claims: [this.claim],
      places: {
        root: this.root,
        runs: place("runs"),
        output: place("out"),
        results: place("results"),
        notebooks: place("notebooks"),
      },
      progress: SILENT,
      signal: this.stop.signal,
      argv: args,
      print: (text) => this.text += text,
      runNotebook: this.runNotebook,
      made: () => Promise.resolve({ by: "test" }),
      library: () => Promise.resolve({ sha256: "0" }),
      timing: () => Promise.reject(new Error("nothing is timed")),
    });
  }

  /** Text of a file in it. */
  async read(name: string): Promise<string> {
    return await Deno.readTextFile(join(this.root, name));
  }

  /** Puts an empty notebook there. */
  async notebook(name: string): Promise<void> {
    await Deno.mkdir(join(this.root, "notebooks"), { recursive: true });
    await Deno.writeTextFile(join(this.root, "notebooks", name), "{}");
  }

  /** Runs git in it. */
  async git(...args: string[]): Promise<void> {
    const identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    const { success } = await new Deno.Command("git", {
      args: [...identity, ...args],
      cwd: this.root,
      stdout: "null",
      stderr: "null",
    }).output();
    assert(success, `git ${args}`);
  }
}
