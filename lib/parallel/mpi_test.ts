/** Ranks in processes of their own decode as one device does, bit for bit, and a rank that fails is named and ends the job. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FAULT_CASES, PATIENT_MS, PHASES, PROTOCOLS } from "./_fault_cases.ts";
import type { Strike } from "./_faults.ts";
import { type JobEnd, mpiTest, runJob } from "./_mpi_fixture.ts";
import type { JobPlan } from "./_mpi_job.ts";
import { meshSize, type RankMesh } from "./mesh.ts";

/** Long enough that only what hangs takes longer, on a busy machine too. */
const HANG_MS = 3_000;

function runPlan(
  ranks: number,
  plan: Partial<JobPlan>,
): Promise<JobEnd> {
  const whole = {
    ...{ protocol: "two-phase", timeoutMs: PATIENT_MS, strike: null },
    ...plan,
  };
  return runJob(ranks, {
    program: "lib/parallel/_mpi_job.ts",
    args: (alive) => [JSON.stringify({ ...whole, alive })],
    signals: true, // a rank ends or stops itself
  });
}

/** Meshes, and the models they are tried with. */
const MESHES: readonly { mesh: RankMesh; seeds: readonly number[] }[] = [
  { mesh: { bp: 1, tp: 1 }, seeds: [1, 2, 3, 4, 5, 6] },
  { mesh: { bp: 2, tp: 1 }, seeds: [1, 2, 3, 4, 5, 6] },
  { mesh: { bp: 4, tp: 1 }, seeds: [1, 2, 3, 4, 5, 6] },
  { mesh: { bp: 1, tp: 2 }, seeds: [1, 2, 3] },
  { mesh: { bp: 2, tp: 2 }, seeds: [1, 2, 3] },
];

for (const protocol of PROTOCOLS) {
  for (const { mesh, seeds } of MESHES) {
    const like = mesh.tp === 1
      ? "one device"
      : "the same shards in one process";
    mpiTest(
      `${protocol}: lopa over processes with bp=${mesh.bp},tp=${mesh.tp} = ${like}, bit for bit`,
      async () => {
        const { success, stdout, stderr } = await runPlan(meshSize(mesh), {
          ...{ protocol, mesh, seeds },
        });
        assert(success, stderr);
        for (const seed of seeds) {
          assertMatch(stdout, new RegExp(`seed ${seed}: equal in \\d+`));
        }
      },
    );
  }
}

mpiTest("a mesh of another size than the job is refused by name", async () => {
  const { success, stderr } = await runPlan(2, {
    ...{ mesh: { bp: 2, tp: 2 }, seeds: [1] },
  });
  assertEquals(success, false);
  assertMatch(stderr, /bp=2,tp=2 given, but the job has 2 processes; start 4/);
});

async function requireNamed(
  ranks: number,
  { strike, ...plan }: Pick<JobPlan, "protocol" | "mesh"> & {
    readonly strike: Strike;
  },
): Promise<void> {
  const { rank, place, kind } = strike;
  const { success, stderr } = await runPlan(ranks, {
    ...{ ...plan, strike, seeds: [1, 3, 5] },
    timeoutMs: kind === "hangs" ? HANG_MS : PATIENT_MS,
  });
  const named = `RankError: rank ${rank} failed in phase `;
  const errors = stderr.split("\n").filter((line) =>
    line.startsWith("RankError")
  );
  assertEquals(success, false, `no fault struck: ${stderr}`);
  assert(errors.every((line) => line.startsWith(named)), stderr);
  const phase = `${named}${PHASES[place]}: `;
  assert(errors.some((line) => line.startsWith(phase)), stderr);
  // A deadline is for what hangs alone.
  assert(kind === "hangs" || !stderr.includes("no answer within"), stderr);
}

for (const { protocol, place, kind, what } of FAULT_CASES) {
  mpiTest(
    `${protocol}: a process that ${what} is named and ends the job`,
    () => requireNamed(3, { protocol, strike: { rank: 1, place, kind } }),
  );
}

for (const protocol of PROTOCOLS) {
  for (const kind of ["dies", "hangs"] as const) {
    mpiTest(
      `${protocol}: the process of rank 0 ${kind} and is named by another`,
      () =>
        requireNamed(2, {
          protocol,
          strike: { rank: 0, place: "pre-write", kind },
        }),
    );
  }
}

/** Of a shard, whose neighbours wait for it in the midst of a forward. */
const SHARD_STRIKES = [
  [{ bp: 1, tp: 2 }, "order", "hangs"],
  [{ bp: 1, tp: 2 }, "pre-write", "dies"],
  [{ bp: 1, tp: 2 }, "pre-write", "hangs"],
  [{ bp: 1, tp: 2 }, "pre-write", "nan"],
  [{ bp: 2, tp: 2 }, "pre-write", "hangs"],
] as const;

for (const [mesh, place, kind] of SHARD_STRIKES) {
  const { bp, tp } = mesh;
  const ranks = bp * tp;
  mpiTest(
    `a shard of bp=${bp},tp=${tp} with ${place}: ${kind}, is named and ends the job`,
    () =>
      requireNamed(ranks, {
        ...{ protocol: "two-phase", mesh },
        strike: { rank: ranks - 1, place, kind },
      }),
  );
}
