/** Every function of the MPI library refuses what it is given wrongly, with status and text, and goes on working. */
import { assert } from "@std/assert";
import { mpiTest, runJob } from "./_mpi_fixture.ts";

mpiTest(
  "every bad input of every function is refused, before, within and after a job",
  async () => {
    const { success, stdout, stderr } = await runJob(1, {
      program: "lib/parallel/_mpi_shim_job.ts",
      args: (alive) => [alive],
    });
    assert(success, stderr);
    assert(stdout.includes("refusals: all as wanted"), stdout);
  },
);
