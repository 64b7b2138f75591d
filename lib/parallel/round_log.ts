/**
 * The answers of a decode's forwards on disk, so that a decode that was interrupted goes on with the round that it was in, on any
 * number of ranks. Decoders are pure: the answers lead one to the same state again, and what was committed is computed anew.
 *
 * The file is JSON Lines: a header that says of which decode it is, then one line per round. Numbers are kept as their bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type {
  BranchPredictions,
  DiffusionModel,
  ForwardRequest,
  ModelSession,
  Predictions,
} from "../model/types.ts";
import { extendJournal, type Journal, replayOf } from "./journal.ts";

/** A log that belongs to another decode, or is none. */
export class RoundLogError extends TypeError {
  /** The file. */
  readonly path: string;

  /** Builds the error; `message`: what is wrong and what would do. */
  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
    this.name = "RoundLogError";
    this.path = path;
  }
}

/** One round: a digest of what was asked, and the answer. */
interface RoundRecord {
  readonly request: string;
  readonly answer: Predictions;
}

const FIELDS = {
  positions: Int32Array,
  tokens: Int32Array,
  probability: Float32Array,
  margin: Float32Array,
  negEntropy: Float32Array,
  topTokens: Int32Array,
  topProbability: Float32Array,
  logits: Float32Array,
} as const;

/** The rounds of one decode, on disk. */
export class RoundLog implements Disposable {
  /** Path of the file. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #rounds: readonly RoundRecord[];

  private constructor(
    path: string,
    file: Deno.FsFile,
    rounds: readonly RoundRecord[],
  ) {
    this.path = path;
    this.#file = file;
    this.#rounds = rounds;
  }

  /** Begins the log of a decode; `of` says which: JSON that is the same for the same decode. Replaces what was at the path. */
  static async begin(path: string, of: unknown): Promise<RoundLog> {
    const file = await Deno.open(path, {
      write: true,
      create: true,
      truncate: true,
    });
    const log = new RoundLog(path, file, []);
    log.#write(headerOf(of));
    return log;
  }

  /**
   * Goes on with a log. A last line that was not written to its end is dropped.
   *
   * @throws {RoundLogError} When the log is of another decode.
   * @throws {Deno.errors.NotFound} When there is none.
   */
  static async resume(path: string, of: unknown): Promise<RoundLog> {
    const text = await Deno.readTextFile(path);
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const [header, ...lines] = whole.split("\n").slice(0, -1);
    if (header !== headerOf(of)) {
      throw new RoundLogError(
        path,
        "these are rounds of another decode; name the same model, prompt, decoder and options, or begin without --resume",
      );
    }
    const rounds = lines.map((line, index) =>
      parseRound(line, { path, index })
    );
    const file = await Deno.open(path, { write: true });
    await file.truncate(new TextEncoder().encode(whole).length);
    await file.seek(0, Deno.SeekMode.End);
    return new RoundLog(path, file, rounds);
  }

  /** Number of rounds that were in the log when it was opened. */
  get recorded(): number {
    return this.#rounds.length;
  }

  /**
   * The answer to a forward that is in the log.
   *
   * @throws {RoundLogError} When something else was asked in this round.
   */
  answer(round: number, request: ForwardRequest): Predictions {
    const { request: asked, answer } = this.#rounds[round]!;
    if (asked === digestOf(request)) return answer;
    throw new RoundLogError(
      this.path,
      `round ${round} asked for something else; it was written by another version, begin without --resume`,
    );
  }

  /** Adds a round; it is in the file when this returns. */
  append(request: ForwardRequest, answer: Predictions): void {
    this.#write(JSON.stringify({
      request: digestOf(request),
      rows: answer.rows,
      branches: answer.branches.map(encodeBranch),
    }));
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #write(line: string): void {
    let rest = new TextEncoder().encode(`${line}\n`);
    while (rest.length > 0) rest = rest.subarray(this.#file.writeSync(rest));
  }
}

/** The model, with the rounds of its one session taken from the log as far as it goes, and added to it from there on. */
export function resumable(
  model: DiffusionModel,
  log: RoundLog,
): DiffusionModel {
  return {
    spec: model.spec,
    open: (options) => new LoggedSession(() => model.open(options), log),
  };
}

/** A session whose first rounds come from a log. */
class LoggedSession implements ModelSession {
  readonly #open: () => ModelSession;
  readonly #log: RoundLog;
  #live: ModelSession | null = null;
  #journal: Journal = [];
  #last: ForwardRequest | null = null;
  #round = 0;

  constructor(open: () => ModelSession, log: RoundLog) {
    this.#open = open;
    this.#log = log;
  }

  async forward(request: ForwardRequest): Promise<Predictions> {
    const round = this.#round++;
    if (round < this.#log.recorded) {
      const answer = this.#log.answer(round, request);
      this.#journal = extendJournal(this.#journal, request.cache, this.#last);
      this.#last = request;
      return answer;
    }
    const answer = this.#live === null
      ? await this.#goLive(request)
      : await this.#live.forward(request);
    this.#log.append(request, answer);
    return answer;
  }

  close(): void {
    this.#live?.close();
  }

  /** Brings the cache of a new session to where the log ends, and computes the first round that is not in it. */
  async #goLive(request: ForwardRequest): Promise<Predictions> {
    this.#live = this.#open();
    const journal = extendJournal(this.#journal, request.cache, this.#last);
    const { forwards, rest } = replayOf(journal);
    for (const forward of forwards) await this.#live.forward(forward);
    return await this.#live.forward({ ...request, cache: rest });
  }
}

function headerOf(of: unknown): string {
  return JSON.stringify({ format: "dllm-lab-rounds", version: 1, of });
}

function digestOf(request: ForwardRequest): string {
  const text = JSON.stringify(
    request,
    (_, value) => ArrayBuffer.isView(value) ? encodeArray(value) : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function encodeArray(
  { buffer, byteOffset, byteLength }: ArrayBufferView,
): string {
  return new Uint8Array(buffer, byteOffset, byteLength).toBase64();
}

function encodeBranch(branch: BranchPredictions): Record<string, string> {
  return Object.fromEntries(
    Object.entries(branch).map(([name, values]) => [
      name,
      encodeArray(values as ArrayBufferView),
    ]),
  );
}

function parseRound(
  line: string,
  { path, index }: { readonly path: string; readonly index: number },
): RoundRecord {
  try {
    const { request, rows, branches } = JSON.parse(line) as {
      request: string;
      rows: number;
      branches: Record<string, string>[];
    };
    return { request, answer: { rows, branches: branches.map(decodeBranch) } };
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new RoundLogError(
      path,
      `round ${index} cannot be read (${what}); begin without --resume`,
    );
  }
}

function decodeBranch(fields: Record<string, string>): BranchPredictions {
  const arrays = Object.entries(FIELDS).flatMap(([name, Type]) => {
    const text = fields[name];
    return text === undefined
      ? []
      : [[name, new Type(Uint8Array.fromBase64(text).buffer)] as const];
  });
  return Object.fromEntries(arrays) as unknown as BranchPredictions;
}
