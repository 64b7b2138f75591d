/**
 * The projection's recordings in default mode, kept so that its numbers can be tested without decoding.
 *
 * @module
 */
import { recordings } from "./throughput_projection_grid.ts";
import type {
  Recording,
  RecordingCell,
  RecordingPlace,
} from "./throughput_projection_rounds.ts";

const FILE = new URL("_throughput_recordings.json", import.meta.url);

/** All cells of the default mode, as if they had just run. */
export async function storedRecordings(): Promise<RecordingCell[]> {
  const stored = JSON.parse(await Deno.readTextFile(FILE)) as readonly (
    & RecordingPlace
    & { readonly result: Recording }
  )[];
  return recordings("default").map((parameters, i) => {
    const { result, ...place } = stored[i]!;
    const same = (Object.keys(place) as (keyof typeof place)[]).every((name) =>
      place[name] === parameters[name]
    );
    if (!same) {
      throw new RangeError(
        `Cannot take stored recording ${i}: found ${
          JSON.stringify(place)
        }, want the grid's ${JSON.stringify(parameters)}`,
      );
    }
    const plan = {
      ...{ parameters, label: `${i}`, model: null, task: null },
      ...{ precision: "f32", seconds: 0 },
    };
    return { plan, key: `${i}`, ms: 1, reused: true, result };
  });
}
