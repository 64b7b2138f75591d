/** Jobs of MPI for tests, which are skipped where there is none. Used by tests only. */
import { assert } from "@std/assert";
import { library } from "../engine/_fixture.ts";
import { buildMpiLibrary } from "../engine/build_mpi.ts";
import { NativeBuildError } from "../engine/errors.ts";

const ROOT = new URL("../../", import.meta.url);

/** Longest that a job may take on a busy machine. */
const JOB_MS = 240_000;

/** Longest that a process may outlive its job. */
const LEAK_MS = 5_000;

/** Why the tests cannot run, or `null`. */
async function obstacle(): Promise<string | null> {
  if (library === null) return "there is no engine";
  try {
    await new Deno.Command("mpirun", { args: ["--version"], stdout: "null" })
      .output();
    await buildMpiLibrary();
    return null;
  } catch (error) {
    if (error instanceof NativeBuildError) return error.message;
    if (error instanceof Deno.errors.NotFound) return "there is no mpirun";
    if (error instanceof Deno.errors.NotCapable) return error.message;
    throw error;
  }
}

const missing = await obstacle();

if (missing !== null) {
  Deno.test({
    name:
      `MPI tests are skipped: ${missing} (Debian: apt install libopenmpi-dev openmpi-bin)`,
    fn: () => {},
    ignore: true,
  });
}

/** Registers a test that needs MPI; ignored where there is none. The test program counts those named `MPI: ...`. */
export function mpiTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `MPI: ${name}`, fn, ignore: missing !== null });
}

/** How a job ended. */
export interface JobEnd {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/**
 * Runs a program as a job of some ranks on this machine, and requires that none of its processes is left afterwards.
 *
 * @param program Path under `lib/parallel` or `lib/lab`, with the arguments made from the path of the lock file that each process
 * must hold shared while it lives.
 */
export async function runJob(
  ranks: number,
  {
    program,
    args,
    signals = false,
    read = [],
    write = [],
  }: {
    readonly program: string;
    readonly args: (alive: string) => readonly string[];
    /** Whether it may send signals, and start programs. Default not: the libraries are there, nobody looks for a compiler. */
    readonly signals?: boolean;
    /** Files and folders outside of the repository that it may read. */
    readonly read?: readonly string[];
    /** Files that it may read and write. */
    readonly write?: readonly string[];
  },
): Promise<JobEnd> {
  const alive = await Deno.makeTempFile();
  const began = performance.now();
  const { success, stdout, stderr } = await new Deno.Command("mpirun", {
    args: [
      "--noprefix", // else LD_LIBRARY_PATH is set, with which Deno starts no program
      "--oversubscribe",
      "--bind-to",
      "none",
      "-n",
      `${ranks}`,
      Deno.execPath(),
      "run",
      "-q",
      "--no-lock",
      `--allow-read=${[".", alive, ...read, ...write].join(",")}`,
      `--allow-write=${["ffi/build", ...write].join(",")}`,
      "--allow-ffi=ffi/build",
      "--allow-env=CXX,DLLM_NATIVE_LIBRARY",
      ...(signals ? ["--allow-run"] : []),
      program,
      ...args(alive),
    ],
    cwd: ROOT,
    env: {
      // Open MPI asks twice of root, as which containers run tests.
      OMPI_ALLOW_RUN_AS_ROOT: "1",
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
      // Seconds in which those that are left may name the lost; the default of 1 is short on a busy machine.
      OMPI_MCA_odls_base_sigkill_timeout: "6",
      NO_COLOR: "1",
    },
    signal: AbortSignal.timeout(JOB_MS),
  }).output();
  const ms = performance.now() - began;
  await requireNoneLeft(alive);
  await Deno.remove(alive);
  const decoder = new TextDecoder();
  return {
    success,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
    ms,
  };
}

/** Whether all who held the lock are gone. */
async function requireNoneLeft(alive: string): Promise<void> {
  using file = await Deno.open(alive, { write: true });
  const end = performance.now() + LEAK_MS;
  while (!await file.tryLock(true)) {
    assert(performance.now() < end, "a process outlived its job");
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
