/** What is done with a step is done while the devices compute the next round. */
import { assert } from "@std/assert";
import { library, nativeTest } from "../engine/_fixture.ts";
import { mpiTest, runJob } from "./_mpi_fixture.ts";
import { countIdleSteps, slowSource } from "./_overlap.ts";
import { BranchParallelModel } from "./model.ts";

/** The last step, and those that a busy machine handed on late; without overlap it is every one. */
function requireFew({ steps, idle }: { steps: number; idle: number }): void {
  assert(steps > 3);
  assert(idle >= 1 && idle <= steps / 2, `${idle} of ${steps}`);
}

nativeTest(
  "decode: over two devices steps are handed on while ranks compute",
  async () => {
    const phases = new Map<number, string>();
    await using model = await BranchParallelModel.create(slowSource(), {
      mesh: { bp: 2, tp: 1 },
      device: { library: library!, threads: 1 },
      onPhase: ({ rank, phase }) => phases.set(rank, phase),
    });
    requireFew(
      await countIdleSteps(
        model,
        () => [...phases.values()].some((phase) => phase !== "order"),
      ),
    );
  },
);

mpiTest(
  "decode: over two processes steps are handed on while ranks compute",
  async () => {
    const { success, stdout, stderr } = await runJob(2, {
      program: "lib/parallel/_mpi_overlap_job.ts",
      args: (alive) => [alive],
    });
    assert(success, stderr);
    requireFew(JSON.parse(stdout));
  },
);
