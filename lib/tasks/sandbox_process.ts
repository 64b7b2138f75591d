/**
 * One Deno process without permissions that runs generated code.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { SandboxError } from "./errors.ts";
import { TextLineReader } from "./sandbox_lines.ts";
import {
  MAX_LINE,
  readReply,
  type SandboxRequest,
} from "./sandbox_protocol.ts";

/** Limits of a process. */
export interface ProcessLimits {
  /** Milliseconds from a request to its reply. */
  readonly timeMs: number;
  /** Megabytes of the V8 heap. */
  readonly heapMb: number;
}

/** Milliseconds that a process may take to start, on a busy machine too. */
const START_MS = 60_000;

const ENTRY = new URL("./sandbox_child.ts", import.meta.url);

function spawn({ heapMb }: ProcessLimits): Deno.ChildProcess {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-remote",
      "--no-npm",
      "--no-lock",
      "--cached-only",
      `--v8-flags=--max-old-space-size=${heapMb},--stack-size=512`,
      ENTRY.href,
    ],
    clearEnv: true,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  try {
    return command.spawn();
  } catch (cause) {
    throw new SandboxError(
      `cannot start a process for generated code: ${
        (cause as Error).message
      }; allow it with --allow-run=${Deno.execPath()}`,
      { cause },
    );
  }
}

/** A running process. It is never used again once it has been killed. */
export class SandboxProcess {
  /** Programs it has run. */
  uses = 0;
  readonly #child: Deno.ChildProcess;
  readonly #lines: TextLineReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #limits: ProcessLimits;
  #alive = true;

  private constructor(child: Deno.ChildProcess, limits: ProcessLimits) {
    this.#child = child;
    this.#limits = limits;
    this.#lines = new TextLineReader(child.stdout, MAX_LINE);
    this.#writer = child.stdin.getWriter();
  }

  /** Starts a process and waits until it listens. */
  static async start(limits: ProcessLimits): Promise<SandboxProcess> {
    const process = new SandboxProcess(spawn(limits), limits);
    const line = await process.#within(START_MS, () => process.#lines.next());
    if (line === '{"ready":true}') return process;
    await process.kill();
    throw new SandboxError(
      "the process for generated code did not start; run the same Deno as `deno run --no-config --no-remote --no-npm " +
        `${ENTRY.href}\` to see why`,
    );
  }

  /** Whether it can take another program. */
  get alive(): boolean {
    return this.#alive;
  }

  /**
   * Runs a program. A process that does not answer in time, dies, or writes anything but its one reply is killed.
   *
   * @returns The results of the calls, or why there are none.
   */
  async run(
    program: Omit<SandboxRequest, "nonce">,
  ): Promise<readonly string[] | string> {
    this.uses++;
    const nonce = randomUUID();
    const bytes = new TextEncoder().encode(
      JSON.stringify({ ...program, nonce }) + "\n",
    );
    const { timeMs } = this.#limits;
    const line = await this.#within(timeMs, async () => {
      await this.#writer.write(bytes);
      return await this.#lines.next();
    });
    const reply = line === null ? null : readReply(line, nonce);
    if (reply !== null) return reply.results;
    const late = line === null && this.#late;
    await this.kill();
    if (late) return `takes longer than ${timeMs} ms`;
    return line === null
      ? "ends its process or prints too much"
      : "prints what is no reply";
  }

  /** Ends the process at once and waits until it is gone. */
  async kill(): Promise<void> {
    if (!this.#alive) return;
    this.#alive = false;
    this.#signal();
    await this.#child.status;
    await this.#lines.cancel();
    await this.#writer.abort().catch(() => {});
  }

  #late = false;

  /** What `wait` gives; `null` where it fails, or where the process has to be killed because it takes too long. */
  async #within(
    limitMs: number,
    wait: () => Promise<string | null>,
  ): Promise<string | null> {
    const timer = setTimeout(() => {
      this.#late = true;
      this.#signal();
    }, limitMs);
    try {
      return await wait();
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  #signal(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // Already gone.
    }
  }
}
