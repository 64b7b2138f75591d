/**
 * What a program does to be one process of a job of MPI.
 *
 * @module
 */
import { MpiGroup } from "./mpi_group.ts";
import { RankWatch } from "./mpi_watch.ts";

/** A job, seen from one of its processes. */
export interface MpiJob {
  /** Its ranks. */
  readonly group: MpiGroup;
  /** This process's watch over the others. */
  readonly watch: RankWatch;
}

/**
 * Joins the job and does this process's part of it. An error here is reported and ends the whole job; when another process has
 * ended, those that know of it report the lost rank.
 *
 * @throws {NativeBuildError} Where there is no MPI, with the remedy.
 */
export async function runMpiJob(
  part: (job: MpiJob) => Promise<void>,
  report: (error: unknown) => void,
  { rollCallMs }: {
    /** How long those that are left are listened to when another process has ended; see {@linkcode RankWatch.rollCall}. */
    readonly rollCallMs?: number;
  } = {},
): Promise<void> {
  const group = await MpiGroup.join();
  const watch = new RankWatch(group);
  Deno.addSignalListener("SIGTERM", async () => {
    for (const error of await watch.rollCall(rollCallMs)) report(error);
    Deno.exit(1);
  });
  try {
    await part({ group, watch });
    group.finish();
  } catch (error) {
    report(error);
    await watch.end(1);
  }
}
