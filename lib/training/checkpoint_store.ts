/**
 * The folder where the checkpoints of a recipe lie: the newest two are kept, and the older one serves where the newer is
 * damaged.
 *
 * @module
 */
import { join } from "node:path";
import { writeAtomically } from "./atomic.ts";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type ExpectedState,
  type StageCheckpoint,
} from "./checkpoint.ts";
import { StateDamagedError } from "./run_errors.ts";

const KEPT = 2;
const NAME = /^stage-(\d{2})-step-(\d{7})\.safetensors$/;

/** Checkpoints in a folder. Only one process may use it at a time. */
export class CheckpointStore {
  /** The folder. */
  readonly folder: string;
  readonly #warn: (message: string) => void;

  /** Uses `folder`, which is made on the first write; `warn` takes what a person should know. */
  constructor(folder: string, warn: (message: string) => void) {
    this.folder = folder;
    this.#warn = warn;
  }

  /**
   * Writes a checkpoint, then removes all but the newest two. Needs read and write permission for the folder.
   *
   * @throws {DiskFullError} When there is no room; the checkpoints before it are kept.
   * @throws {FileWriteError} When it cannot be written for another reason.
   */
  async write(checkpoint: StageCheckpoint): Promise<void> {
    const { identity, state } = checkpoint;
    const name = `stage-${String(identity.stage).padStart(2, "0")}-step-${
      String(state.step).padStart(7, "0")
    }.safetensors`;
    await writeAtomically(
      join(this.folder, name),
      encodeCheckpoint(checkpoint),
    );
    for (const old of (await this.#names()).slice(KEPT)) {
      await Deno.remove(join(this.folder, old));
    }
  }

  /**
   * The newest checkpoint of a stage that is whole; `null` where there is none of that stage.
   *
   * @throws {StateDamagedError} When there are checkpoints of the stage and all are damaged.
   * @throws {StateMismatchError} When the newest whole one is of another recipe or shape.
   */
  async latest(expected: ExpectedState): Promise<StageCheckpoint | null> {
    let damage: StateDamagedError | null = null;
    for (const name of await this.#names()) {
      if (Number(NAME.exec(name)![1]) !== expected.identity.stage) continue;
      const path = join(this.folder, name);
      try {
        const file = await Deno.readFile(path);
        return decodeCheckpoint(file, { path, expected });
      } catch (error) {
        if (!(error instanceof StateDamagedError)) throw error;
        this.#warn(`${error.message}. Trying the checkpoint before it.`);
        damage ??= error;
      }
    }
    if (damage !== null) throw damage;
    return null;
  }

  /** Step of the newest checkpoint of a stage, whole or not; 0 where there is none. */
  async newestStep(stage: number): Promise<number> {
    const found = (await this.#names()).map((name) => NAME.exec(name)!)
      .find(([_, of]) => Number(of) === stage);
    return Number(found?.[2] ?? 0);
  }

  /** Names of the checkpoints, newest first. */
  async #names(): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of Deno.readDir(this.folder)) {
        if (NAME.test(name)) names.push(name);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return names.sort().reverse();
  }
}
