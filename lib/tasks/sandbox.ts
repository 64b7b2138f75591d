/**
 * Judging generated JavaScript without trusting it.
 *
 * What is guaranteed, whatever the program does:
 * - It runs in a process without any permission: no files, network, environment, processes or native code; stopped with SIGKILL
 *   at its time limit; its heap capped, with no way to memory outside of it.
 * - It cannot forge a verdict: the process is told inputs only, and what it returns is compared here.
 * - It cannot spoil another verdict: each program has a realm of its own, from which nothing of the process can be reached (no
 *   function of another realm, no code from strings, no import); and a process that is late or dies after it ran other programs
 *   too is replaced, and the program judged again in a fresh one.
 *
 * @module
 */
import type { CodeCase } from "./code_cases.ts";
import { SandboxProcess } from "./sandbox_process.ts";

/** Limits of the sandbox. */
export interface SandboxOptions {
  /** Processes that judge side by side. Default 2. */
  readonly processes?: number;
  /** Milliseconds for all calls of a program together. Default 2000. */
  readonly timeMs?: number;
  /** Megabytes of a process's V8 heap. Default 64. */
  readonly heapMb?: number;
  /** Programs after which a process is replaced. Default 250. */
  readonly usesPerProcess?: number;
}

/** A program and what it has to return. */
export interface JudgedProgram {
  /** The program. */
  readonly source: string;
  /** Name of the function that it has to define: letters only. */
  readonly functionName: string;
  /** The asserts. */
  readonly cases: readonly CodeCase[];
}

/** Longest program that is run, in characters. */
const LONGEST = 10_000;

/**
 * A pool of processes, started when first needed. Judgements may be asked for all at once; they wait for a free process.
 */
export class Sandbox {
  readonly #options: Required<SandboxOptions>;
  /** Places for processes that nobody uses now: the process, or `null` where one has to be started. */
  readonly #free: (SandboxProcess | null)[];
  readonly #waiting: ((place: SandboxProcess | null) => void)[] = [];

  /** Starts nothing yet. */
  constructor(options: SandboxOptions = {}) {
    this.#options = {
      processes: 2,
      timeMs: 2000,
      heapMb: 64,
      usesPerProcess: 250,
      ...options,
    };
    this.#free = Array.from({ length: this.#options.processes }, () => null);
  }

  /**
   * Runs a program on the inputs of its cases.
   *
   * @returns `null` if every call returns what is expected, else why not.
   * @throws {SandboxError} If a process cannot be started.
   */
  async judge(program: JudgedProgram): Promise<string | null> {
    const { source } = program;
    if (source.length > LONGEST) return `is longer than ${LONGEST} characters`;
    if (/\bimport\b/.test(source)) return "imports";
    let process = await this.#take();
    try {
      process = await this.#ready(process);
      let results = await call(process, program);
      if (typeof results === "string" && process.uses > 1) {
        process = await this.#ready(null);
        results = await call(process, program);
      }
      return typeof results === "string" ? results : compare(results, program);
    } finally {
      this.#give(process);
    }
  }

  /** Ends all processes, once none is in use. The sandbox can be used again afterwards. */
  async close(): Promise<void> {
    const places = await Promise.all(
      Array.from({ length: this.#options.processes }, () => this.#take()),
    );
    for (const process of places) {
      await process?.kill();
      this.#give(null);
    }
  }

  #take(): Promise<SandboxProcess | null> {
    const place = this.#free.pop();
    if (place !== undefined) return Promise.resolve(place);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #give(process: SandboxProcess | null): void {
    const place = process?.alive ? process : null;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(place);
    else next(place);
  }

  async #ready(process: SandboxProcess | null): Promise<SandboxProcess> {
    if (process?.alive) {
      if (process.uses < this.#options.usesPerProcess) return process;
      await process.kill();
    }
    return await SandboxProcess.start(this.#options);
  }
}

function call(
  process: SandboxProcess,
  { source, functionName, cases }: JudgedProgram,
): Promise<readonly string[] | string> {
  const inputs = cases.map(({ input }) => JSON.stringify(input));
  return process.run({ source, functionName, inputs });
}

/** Why results are not what is expected, or `null`. */
function compare(
  results: readonly string[],
  { functionName, cases }: JudgedProgram,
): string | null {
  for (const [i, { input, expected }] of cases.entries()) {
    const result = results[i] ?? results[0] ?? "!answers nothing";
    if (!result.startsWith("=")) return result.slice(1);
    const given = result.slice(1);
    const wanted = JSON.stringify(expected);
    if (results.length !== cases.length || given !== wanted) {
      const values = input.map((value) => JSON.stringify(value)).join(", ");
      return `${functionName}(${values}) gives ${given}, not ${wanted}`;
    }
  }
  return null;
}
