/**
 * Staged and cached rows between device and host memory.
 *
 * @module
 */
import type { DeviceBuffer } from "../engine/mod.ts";
import { attentionWidths, type ModelConfig } from "./config.ts";
import type { LastingMemory, PassMemory } from "./session_memory.ts";

/** Planes of rows in one buffer. */
interface Planes {
  readonly buffer: DeviceBuffer;
  /** Rows of one plane. */
  readonly planeRows: number;
}

/** Elements of `rows` rows of keys and values, with or without the boundary row. */
export function replicaElements(
  config: ModelConfig,
  { rows, boundary }: { readonly rows: number; readonly boundary: boolean },
): number {
  const { keyValue } = attentionWidths(config);
  return 2 * config.layers * rows * keyValue +
    (boundary ? config.hiddenSize : 0);
}

/** Reads rows from `row` on as they were staged; the boundary row is the final hidden state of the last of them. */
export function readStagedRows(
  { config, pass }: {
    readonly config: ModelConfig;
    readonly pass: PassMemory;
  },
  { row, rows, boundary }: {
    readonly row: number;
    readonly rows: number;
    readonly boundary: boolean;
  },
): Float32Array {
  const out = new Float32Array(replicaElements(config, { rows, boundary }));
  const from = { buffer: pass.staged, planeRows: pass.rows };
  eachPlane(config, from, { row, rows }, (part, offset) => {
    pass.staged.read(out.subarray(part.start, part.end), { offset });
  });
  if (boundary) {
    const width = config.hiddenSize;
    pass.final.read(out.subarray(out.length - width), {
      offset: 4 * width * (row + rows - 1),
    });
  }
  return out;
}

/** Reads cached rows `[row, row + rows)` and the boundary row. */
export function readCachedRows(
  { config, lasting }: {
    readonly config: ModelConfig;
    readonly lasting: LastingMemory;
  },
  { row, rows }: { readonly row: number; readonly rows: number },
): Float32Array {
  const out = new Float32Array(
    replicaElements(config, { rows, boundary: true }),
  );
  const from = { buffer: lasting.cache, planeRows: lasting.maxPositions };
  eachPlane(config, from, { row, rows }, (part, offset) => {
    lasting.cache.read(out.subarray(part.start, part.end), { offset });
  });
  lasting.boundary.read(out.subarray(out.length - config.hiddenSize));
  return out;
}

/** Writes rows, as {@linkcode readStagedRows} gives them, into the cache from position `row` on. */
export function writeCachedRows(
  { config, lasting }: {
    readonly config: ModelConfig;
    readonly lasting: LastingMemory;
  },
  { row, rows, boundary }: {
    readonly row: number;
    readonly rows: number;
    readonly boundary: boolean;
  },
  values: Float32Array,
): void {
  const to = { buffer: lasting.cache, planeRows: lasting.maxPositions };
  eachPlane(config, to, { row, rows }, (part, offset) => {
    lasting.cache.write(values.subarray(part.start, part.end), { offset });
  });
  if (boundary) {
    lasting.boundary.write(values.subarray(values.length - config.hiddenSize));
  }
}

/** Calls `visit` with every plane's part of the packed values and its byte offset in the buffer. */
function eachPlane(
  config: ModelConfig,
  { planeRows }: Planes,
  { row, rows }: { readonly row: number; readonly rows: number },
  visit: (
    part: { readonly start: number; readonly end: number },
    offset: number,
  ) => void,
): void {
  const { keyValue } = attentionWidths(config);
  for (let plane = 0; plane < 2 * config.layers; plane++) {
    const start = plane * rows * keyValue;
    visit(
      { start, end: start + rows * keyValue },
      4 * keyValue * (plane * planeRows + row),
    );
  }
}
