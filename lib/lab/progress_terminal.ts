/**
 * Progress on a terminal: one line that updates itself on a TTY, plain lines in a log.
 *
 * @module
 */
import {
  formatProgress,
  type Progress,
  type ProgressState,
} from "./progress.ts";

/** Options of {@linkcode terminalProgress}. */
export interface TerminalProgressOptions {
  /** Whether the output is a terminal (default: whether standard error is). */
  readonly tty?: boolean;
  /** Width in columns to cut a terminal line to (default: the console's). */
  readonly columns?: number;
  /** Receives the text (default: standard error). */
  readonly write?: (text: string) => void;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/** Least milliseconds between two updates, on a terminal and in a log. */
const PAUSE = { tty: 100, log: 5_000 };

function width(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}

/** Shows progress on a terminal or, line by line, in a log. */
export function terminalProgress(
  options: TerminalProgressOptions = {},
): Progress {
  const tty = options.tty ?? Deno.stderr.isTerminal();
  const now = options.now ?? (() => performance.now());
  const encoder = new TextEncoder();
  const write = options.write ??
    ((text) => void Deno.stderr.writeSync(encoder.encode(text)));
  let last = -Infinity;
  const show = (state: ProgressState, end: boolean) => {
    last = now();
    const line = formatProgress(state);
    if (!tty) return write(`${line}\n`);
    const columns = options.columns ?? width();
    write(`\r\x1b[K${line.slice(0, columns - 1)}${end ? "\n" : ""}`);
  };
  return {
    update(state) {
      if (now() - last >= (tty ? PAUSE.tty : PAUSE.log)) show(state, false);
    },
    finish(state) {
      show(state, true);
    },
  };
}
