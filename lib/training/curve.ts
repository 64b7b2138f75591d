/**
 * The loss curve of a stage: one JSON object per step and line, cut back to the checkpoint that training goes on from.
 *
 * @module
 */
import { dirname } from "node:path";
import type { LossTerms } from "./loss_terms.ts";

/** One step of a curve. */
export interface CurvePoint extends LossTerms {
  /** Step of the stage, from 1. */
  readonly step: number;
  /** The loss before the step's update. */
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
  /** Tokens trained on in this stage so far. */
  readonly tokens: number;
  /** Seconds spent in this stage so far. */
  readonly seconds: number;
  /** Results of the evaluation after this step, where there was one. */
  readonly dev?: Readonly<Record<string, number>>;
}

/** A curve that is being written. */
export class CurveLog implements Disposable {
  #file: Deno.FsFile;
  #bytes: number;

  private constructor(file: Deno.FsFile, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Opens a curve and cuts it back to `bytes`. A file that is shorter is gone on with as it is, and `warn` says so: the weights
   * do not depend on it. Makes the folder. Needs read and write permission.
   */
  static async open(
    path: string,
    { bytes, warn }: { bytes: number; warn: (message: string) => void },
  ): Promise<CurveLog> {
    await Deno.mkdir(dirname(path), { recursive: true });
    const file = await Deno.open(path, {
      create: true,
      read: true,
      write: true,
    });
    const { size } = await file.stat();
    if (size < bytes) {
      warn(
        `${path} has ${size} bytes where the checkpoint knows of ${bytes}: the curve will have a gap, the weights none`,
      );
    }
    const kept = Math.min(size, bytes);
    await file.truncate(kept);
    await file.seek(kept, Deno.SeekMode.Start);
    return new CurveLog(file, kept);
  }

  /** Length of the file in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a step. */
  append(point: CurvePoint): void {
    const line = new TextEncoder().encode(`${JSON.stringify(point)}\n`);
    for (let at = 0; at < line.length;) {
      at += this.#file.writeSync(line.subarray(at));
    }
    this.#bytes += line.length;
  }

  /** Returns when all is on the disk. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * Reads a curve; empty where there is none. Needs read permission.
 *
 * @throws {SyntaxError} When a line is no JSON.
 */
export async function readCurve(path: string): Promise<CurvePoint[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").filter((line) => line !== "").map((line, i) => {
    try {
      return JSON.parse(line) as CurvePoint;
    } catch {
      throw new SyntaxError(`${path}: line ${i + 1} is no JSON: ${line}`);
    }
  });
}
