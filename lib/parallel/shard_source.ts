/**
 * A shard's tensors, cut out of a model's: rows of the projections into heads, MLP and vocabulary, columns of those back into the
 * residual stream.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import { FLOAT_BYTES } from "../model/float_types.ts";
import {
  expectedTensors,
  layerModules,
  outerModules,
} from "../model/tensor_names.ts";
import type { RowRange, TensorSource } from "../model/tensor_source.ts";
import type { PositionRange } from "../model/types.ts";
import type { ShardLayout } from "./shard_layout.ts";

/** How a tensor is cut. */
interface Cut {
  /** Source row of each local row; -1 for a row of zeros. Absent: all. */
  readonly rows?: readonly number[];
  /** Columns. Absent: all. */
  readonly columns?: PositionRange;
}

/** The tensors of one shard. Closing it does not close `source`. */
export function shardSource(
  source: TensorSource,
  layout: ShardLayout,
): TensorSource {
  const cuts = cutsOf(source.config, layout);
  const shapes = expectedTensors(source.config);
  return {
    config: layout.config,
    digest: source.digest,
    type: (name) => source.type(name),
    read(name, wanted): Uint8Array {
      const { rows, columns } = cuts.get(name) ?? {};
      const [, width = 1] = shapes.get(name)!;
      const element = FLOAT_BYTES[source.type(name)];
      const whole = rows === undefined
        ? source.read(name, wanted)
        : readRows(rows.slice(wanted.begin, wanted.begin + wanted.count), {
          rowBytes: element * width,
          read: (range) => source.read(name, range),
        });
      return columns === undefined ? whole : cutColumns(whole, {
        rowBytes: element * width,
        start: element * columns.start,
        end: element * columns.end,
      });
    },
    close: () => {},
  };
}

function cutsOf(
  config: ModelConfig,
  { heads, kvHeads, mlp, vocabulary }: ShardLayout,
): Map<string, Cut> {
  const { headDim } = config;
  const queryRows = scaled(heads, headDim);
  const query = { rows: indices(queryRows) };
  const keyValue = {
    rows: kvHeads.flatMap((head) =>
      indices(scaled({ start: head, end: head + 1 }, headDim))
    ),
  };
  const inner = { rows: indices(mlp) };
  const tokens = { rows: [...indices(vocabulary), -1] };
  const cuts = new Map<string, Cut>();
  const outer = outerModules(config);
  cuts.set(`${outer.embedding}.weight`, tokens);
  cuts.set(`${outer.head}.weight`, tokens);
  for (let layer = 0; layer < config.layers; layer++) {
    const names = layerModules(config, layer);
    for (const part of ["weight", "bias"]) {
      cuts.set(`${names.query}.${part}`, query);
      cuts.set(`${names.key}.${part}`, keyValue);
      cuts.set(`${names.value}.${part}`, keyValue);
    }
    cuts.set(`${names.attentionOut}.weight`, { columns: queryRows });
    cuts.set(`${names.gate}.weight`, inner);
    cuts.set(`${names.up}.weight`, inner);
    cuts.set(`${names.down}.weight`, { columns: mlp });
  }
  return cuts;
}

/** Rows one after another, whatever their order; neighbours are read at once. */
function readRows(
  rows: readonly number[],
  { rowBytes, read }: {
    readonly rowBytes: number;
    readonly read: (range: RowRange) => Uint8Array;
  },
): Uint8Array {
  const out = new Uint8Array(rows.length * rowBytes);
  let at = 0;
  while (at < rows.length) {
    const begin = rows[at]!;
    let count = 1;
    while (begin >= 0 && rows[at + count] === begin + count) count++;
    if (begin >= 0) out.set(read({ begin, count }), at * rowBytes);
    at += count;
  }
  return out;
}

function cutColumns(
  rows: Uint8Array,
  { rowBytes, start, end }: {
    readonly rowBytes: number;
    readonly start: number;
    readonly end: number;
  },
): Uint8Array {
  const count = rows.length / rowBytes;
  const width = end - start;
  const out = new Uint8Array(count * width);
  for (let row = 0; row < count; row++) {
    const at = row * rowBytes;
    out.set(rows.subarray(at + start, at + end), row * width);
  }
  return out;
}

function scaled({ start, end }: PositionRange, factor: number): PositionRange {
  return { start: start * factor, end: end * factor };
}

function indices({ start, end }: PositionRange): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}
