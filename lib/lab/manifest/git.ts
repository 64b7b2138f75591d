/**
 * State of the work tree: which commit, and whether the files are those of the commit.
 *
 * @module
 */
import { sha256 } from "../json.ts";

/** State of a git work tree; `results/` is left out, since publishing writes it. */
export interface GitState {
  /** Hash of the commit checked out. */
  readonly commit: string;
  /** Whether tracked files differ from the commit or untracked ones are present. */
  readonly dirty: boolean;
  /** SHA-256 of status, difference and untracked files; `null` when clean. */
  readonly difference: string | null;
}

const FILES = ["--", ":/", ":(top,exclude)results"];

/** Reads the state of the work tree at `folder`. Rejects without git, a repository or run permission for `git`. */
export async function readGit(folder: string | URL): Promise<GitState> {
  const git = async (...args: string[]): Promise<string> => {
    const command = new Deno.Command("git", {
      args,
      cwd: folder,
      stdout: "piped",
      stderr: "piped",
    });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(
      `git ${args[0]} failed: ${decoder.decode(stderr).trim()}`,
    );
  };
  const commit = (await git("rev-parse", "--verify", "HEAD")).trim();
  const status = await git("status", "--porcelain", "-uall", ...FILES);
  if (status === "") return { commit, dirty: false, difference: null };
  const diff = await git("diff", "--binary", "HEAD", ...FILES);
  const untracked = (await git(
    "ls-files",
    "--others",
    "--exclude-standard",
    "--full-name",
    "-z",
    ...FILES,
  )).split("\0").filter((path) => path !== "");
  const top = (await git("rev-parse", "--show-cdup")).trim();
  const hashes = untracked.length === 0
    ? ""
    : await git("hash-object", "--", ...untracked.map((path) => top + path));
  const difference = sha256([status, diff, hashes].join("\0"));
  return { commit, dirty: true, difference };
}
