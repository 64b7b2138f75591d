/**
 * Runs notebooks on the real Deno kernel without Python: every output of every cell is kept, the executed notebook is
 * written also when a cell fails.
 *
 * @module
 */
import { dirname } from "node:path";
import { DenoKernel } from "./jupyter/kernel.ts";
import type { JupyterMessage } from "./jupyter/messages.ts";
import {
  type CellOutput,
  cellSource,
  formatNotebook,
  type Notebook,
  parseNotebook,
} from "./jupyter/notebook.ts";

/** Options of {@linkcode runNotebook}. */
export interface RunNotebookOptions {
  /** Where the executed notebook goes; left out: it is only returned. */
  readonly output?: string;
  /** Limit per cell in milliseconds (default 300,000). */
  readonly cellTimeoutMs?: number;
  /** Called before each code cell. */
  readonly onCell?: (index: number, count: number) => void;
  /** Called with what a cell prints while it runs. */
  readonly onText?: (text: string) => void;
}

/** A notebook after its run. */
export interface NotebookRun {
  readonly notebook: Notebook;
  /** Code cells that ran. */
  readonly executed: number;
  /** The first error, or `null`. */
  readonly error: {
    readonly cell: number;
    readonly name: string;
    readonly message: string;
  } | null;
}

/** The fields of an output message's content, by message type. */
interface OutputContent {
  name: "stdout" | "stderr";
  text: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  transient?: { display_id?: string };
  execution_count: number | null;
  ename: string;
  evalue: string;
  traceback: string[];
}

/** Adds one kernel message to the outputs of a cell, as nbformat stores it. */
function record(
  outputs: CellOutput[],
  message: JupyterMessage,
  displays: Map<string, CellOutput[]>,
): void {
  const content = message.content as unknown as OutputContent;
  const { data, metadata } = content;
  const displayId = content.transient?.display_id;
  switch (message.type) {
    case "stream": {
      const last = outputs.at(-1);
      if (last?.output_type === "stream" && last.name === content.name) {
        last.text += content.text;
      } else {
        const { name, text } = content;
        outputs.push({ output_type: "stream", name, text });
      }
      break;
    }
    case "display_data": {
      const output: CellOutput = {
        output_type: "display_data",
        data,
        metadata,
      };
      outputs.push(output);
      if (displayId !== undefined) {
        displays.set(displayId, [...displays.get(displayId) ?? [], output]);
      }
      break;
    }
    case "update_display_data":
      for (const output of displays.get(displayId ?? "") ?? []) {
        Object.assign(output, { data, metadata });
      }
      break;
    case "execute_result": {
      const { execution_count } = content;
      outputs.push({
        output_type: "execute_result",
        execution_count,
        data,
        metadata,
      });
      break;
    }
    case "error": {
      const { ename, evalue, traceback } = content;
      outputs.push({ output_type: "error", ename, evalue, traceback });
      break;
    }
    case "clear_output":
      outputs.length = 0;
      break;
  }
}

/**
 * Executes the notebook at `path` on a fresh kernel, in the notebook's own folder. A failing cell ends the run; what ran so
 * far is in the result and in `options.output`.
 */
export async function runNotebook(
  path: string,
  options: RunNotebookOptions = {},
): Promise<NotebookRun> {
  const notebook = parseNotebook(await Deno.readTextFile(path), path);
  const cells = notebook.cells.entries().filter(([, cell]) =>
    cell.cell_type === "code"
  ).toArray();
  for (const [, cell] of cells) {
    cell.outputs = [];
    cell.execution_count = null;
  }
  const displays = new Map<string, CellOutput[]>();
  let error: NotebookRun["error"] = null;
  let executed = 0;
  const kernel = await DenoKernel.start({ directory: dirname(path) });
  try {
    for (const [n, [index, cell]] of cells.entries()) {
      options.onCell?.(n, cells.length);
      const outputs: CellOutput[] = cell.outputs = [];
      const reply = await kernel.execute(cellSource(cell), {
        timeoutMs: options.cellTimeoutMs ?? 300_000,
        onOutput: (message) => {
          record(outputs, message, displays);
          if (message.type === "stream") {
            options.onText?.(message.content.text as string);
          }
        },
      });
      cell.execution_count = reply.executionCount;
      executed++;
      const failure = outputs.find((output) => output.output_type === "error");
      if (reply.status !== "ok" || failure !== undefined) {
        error = {
          cell: index,
          name: failure?.ename ?? "Error",
          message: failure?.evalue ?? `The cell ended as "${reply.status}"`,
        };
        break;
      }
    }
  } finally {
    await kernel.close();
    if (options.output !== undefined) {
      await Deno.writeTextFile(options.output, formatNotebook(notebook));
    }
  }
  return { notebook, executed, error };
}
