/**
 * A Jupyter client for the Deno kernel, in TypeScript alone. The kernel may report itself idle before a cell's last outputs
 * are out, so a cell counts as finished only when the output of a following silent sentinel request has come through the
 * same first-in-first-out stream.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  decodeMessage,
  encodeMessage,
  type JupyterMessage,
} from "./messages.ts";
import { ZmtpSocket } from "./zmtp.ts";

/** How a cell ended. */
export interface CellReply {
  readonly status: "ok" | "error" | "aborted";
  readonly executionCount: number | null;
}

/** Options of {@linkcode DenoKernel.start}. */
export interface KernelOptions {
  /** Working directory of the cells. */
  readonly directory: string;
  /** Longest time to wait for the kernel to answer, in milliseconds (default 30,000). */
  readonly startTimeoutMs?: number;
}

/** Where connection files live while a kernel runs. */
const SCRATCH = fileURLToPath(new URL("../../../.cache/tmp", import.meta.url));

function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map((listener) => listener.addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Thrown when the kernel dies or a cell runs past its time limit. */
export class KernelError extends Error {
  override name = "KernelError";
}

/** A running Deno kernel. */
export class DenoKernel {
  #process: Deno.ChildProcess;
  #folder: string;
  #key: string;
  #session = randomUUID();
  #shell!: ZmtpSocket;
  #control!: ZmtpSocket;
  #iopub!: ZmtpSocket;
  #replies = new Map<string, (message: JupyterMessage) => void>();
  #onOutput: (message: JupyterMessage) => void = () => {};
  #pumps: Promise<void>[] = [];
  #losses = new Set<(error: Error) => void>();
  #closed = false;

  private constructor(
    process: Deno.ChildProcess,
    folder: string,
    key: string,
  ) {
    this.#process = process;
    this.#folder = folder;
    this.#key = key;
  }

  /** Spawns `deno jupyter --kernel` with this process's own Deno and connects to it. */
  static async start(options: KernelOptions): Promise<DenoKernel> {
    await Deno.mkdir(SCRATCH, { recursive: true });
    const folder = await Deno.makeTempDir({ dir: SCRATCH, prefix: "kernel-" });
    const key = randomUUID();
    const [shell, iopub, stdin, control, heartbeat] = freePorts(5);
    const connection = `${folder}/connection.json`;
    await Deno.writeTextFile(
      connection,
      JSON.stringify({
        transport: "tcp",
        ip: "127.0.0.1",
        key,
        signature_scheme: "hmac-sha256",
        shell_port: shell,
        iopub_port: iopub,
        stdin_port: stdin,
        control_port: control,
        hb_port: heartbeat,
        kernel_name: "deno",
      }),
    );
    const process = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--kernel", "--conn", connection],
      cwd: options.directory,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const kernel = new DenoKernel(process, folder, key);
    try {
      const timeoutMs = options.startTimeoutMs ?? 30_000;
      kernel.#iopub = await ZmtpSocket.connect(iopub!, {
        type: "SUB",
        timeoutMs,
      });
      kernel.#shell = await ZmtpSocket.connect(shell!, {
        type: "DEALER",
        timeoutMs,
      });
      kernel.#control = await ZmtpSocket.connect(control!, {
        type: "DEALER",
        timeoutMs,
      });
      kernel.#pumps = [
        kernel.#pump(
          kernel.#shell,
          (m) => kernel.#replies.get(m.parentId ?? "")?.(m),
        ),
        kernel.#pump(
          kernel.#control,
          (m) => kernel.#replies.get(m.parentId ?? "")?.(m),
        ),
        kernel.#pump(kernel.#iopub, (m) => kernel.#onOutput(m)),
      ];
      await kernel.#drain();
    } catch (error) {
      await kernel.close();
      throw error;
    }
    return kernel;
  }

  /**
   * Runs one cell and passes on every output message that belongs to it. Rejects with a {@linkcode KernelError} when the
   * kernel dies, or when the cell was interrupted after `timeoutMs`.
   */
  async execute(
    code: string,
    options: {
      readonly timeoutMs: number;
      readonly onOutput: (message: JupyterMessage) => void;
    },
  ): Promise<CellReply> {
    this.#onOutput = options.onOutput;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.#control.send(this.#encode("interrupt_request", {}).frames)
        .catch(() => this.#process.kill("SIGKILL"));
    }, options.timeoutMs);
    try {
      const reply = await this.#request(this.#shell, "execute_request", {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      });
      await this.#drain();
      if (timedOut) {
        throw new KernelError(
          `Cannot finish the cell: it ran past its limit of ${options.timeoutMs} ms and was interrupted`,
        );
      }
      return {
        status: reply.content.status as CellReply["status"],
        executionCount: (reply.content.execution_count as number) ?? null,
      };
    } finally {
      clearTimeout(timer);
      this.#onOutput = () => {};
    }
  }

  /** Shuts the kernel down, and kills it if it does not go within two seconds. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const kill = setTimeout(() => {
      try {
        this.#process.kill("SIGKILL");
      } catch {
        // Already gone.
      }
    }, 2000);
    await this.#control?.send(
      this.#encode("shutdown_request", { restart: false }).frames,
    ).catch(() => {});
    if (this.#control === undefined) this.#process.kill("SIGKILL");
    await this.#process.status;
    clearTimeout(kill);
    for (const socket of [this.#shell, this.#control, this.#iopub]) {
      socket?.close();
    }
    await Promise.allSettled(this.#pumps);
    await Deno.remove(this.#folder, { recursive: true });
  }

  #encode(type: string, content: Record<string, unknown>) {
    return encodeMessage(type, content, {
      key: this.#key,
      session: this.#session,
    });
  }

  /** Sends a request and waits for its reply; rejects when the kernel is lost. */
  async #request(
    socket: ZmtpSocket,
    type: string,
    content: Record<string, unknown>,
  ): Promise<JupyterMessage> {
    const { id, frames } = this.#encode(type, content);
    const { promise, resolve, reject } = Promise.withResolvers<
      JupyterMessage
    >();
    this.#replies.set(id, resolve);
    this.#losses.add(reject);
    try {
      await socket.send(frames);
      return await promise;
    } finally {
      this.#replies.delete(id);
      this.#losses.delete(reject);
    }
  }

  /** Waits until the output stream has delivered everything sent before now. */
  async #drain(): Promise<void> {
    const sentinel = randomUUID();
    const forward = this.#onOutput;
    const { promise: seen, resolve, reject } = Promise.withResolvers<void>();
    this.#losses.add(reject);
    this.#onOutput = (message) => {
      const text = message.content.text;
      if (typeof text === "string" && text.includes(sentinel)) resolve();
      else forward(message);
    };
    try {
      await Promise.all([
        seen,
        this.#request(this.#shell, "execute_request", {
          code: `console.log(${JSON.stringify(sentinel)})`,
          silent: true,
          store_history: false,
          user_expressions: {},
          allow_stdin: false,
        }),
      ]);
    } finally {
      this.#losses.delete(reject);
      this.#onOutput = forward;
    }
  }

  async #pump(
    socket: ZmtpSocket,
    handle: (message: JupyterMessage) => void,
  ): Promise<void> {
    try {
      for (;;) {
        const frames = await socket.receive();
        if (frames === null) break;
        handle(decodeMessage(frames, this.#key));
      }
    } catch (error) {
      if (!this.#closed) {
        for (const lose of this.#losses) lose(error as Error);
      }
      return;
    }
    if (!this.#closed) {
      const { code } = await this.#process.status;
      for (const lose of this.#losses) {
        lose(new KernelError(`Lost the kernel: it exited with code ${code}`));
      }
    }
  }
}
