/** Ranks in processes of their own decode as one device does, bit for bit, and a rank that fails is named and ends the job. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FAULT_PLACES, type FaultKind, type FaultPlace } from "./_faults.ts";
import { type JobEnd, mpiTest, runJob } from "./_mpi_fixture.ts";
import type { JobPlan } from "./_mpi_job.ts";
import type { RankPhase } from "./errors.ts";
import type { ProtocolName } from "./protocol.ts";

const PROTOCOLS = ["two-phase", "single-phase"] as const;

/** Long enough that only what hangs takes longer, on a busy machine too. */
const HANG_MS = 3_000, PATIENT_MS = 60_000;

function runPlan(
  ranks: number,
  plan: Omit<JobPlan, "alive">,
): Promise<JobEnd> {
  return runJob(ranks, {
    program: "lib/parallel/_mpi_job.ts",
    args: (alive) => [JSON.stringify({ ...plan, alive })],
    run: "*", // a rank ends or stops itself
  });
}

for (const protocol of PROTOCOLS) {
  for (const ranks of [1, 2, 4]) {
    mpiTest(
      `${protocol}: lopa over ${ranks} processes = one device, bit for bit`,
      async () => {
        const seeds = [1, 2, 3, 4, 5, 6];
        const { success, stdout, stderr } = await runPlan(ranks, {
          protocol,
          seeds,
          timeoutMs: PATIENT_MS,
          strike: null,
        });
        assert(success, stderr);
        for (const seed of seeds) {
          assertMatch(stdout, new RegExp(`seed ${seed}: equal in \\d+`));
        }
      },
    );
  }
}

for (const protocol of PROTOCOLS) {
  for (const mesh of [{ bp: 1, tp: 2 }, { bp: 2, tp: 2 }]) {
    mpiTest(
      `${protocol}: lopa over bp=${mesh.bp},tp=${mesh.tp} = the same shards in one process, bit for bit`,
      async () => {
        const seeds = [1, 2, 3];
        const { success, stdout, stderr } = await runPlan(mesh.bp * mesh.tp, {
          ...{ protocol, mesh, seeds },
          timeoutMs: PATIENT_MS,
          strike: null,
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
    ...{ protocol: "two-phase", mesh: { bp: 2, tp: 2 }, seeds: [1] },
    ...{ timeoutMs: PATIENT_MS, strike: null },
  });
  assertEquals(success, false);
  assertMatch(stderr, /bp=2,tp=2 given, but the job has 2 processes; start 4/);
});

/** The phase that errors name for a place. */
const PHASES: Readonly<Record<FaultPlace, RankPhase>> = {
  order: "order",
  stage: "commit",
  publish: "commit",
  receive: "commit",
  write: "commit",
  commit: "pre-write",
  fill: "pre-write",
  "pre-write": "pre-write",
  answer: "answer",
};

type Strikes = Partial<Record<FaultPlace, readonly FaultKind[]>>;

/** Places that a rank comes to under a protocol, and the kinds of fault that mean something there. */
const STRIKES: Readonly<Record<ProtocolName, Strikes>> = {
  "two-phase": {
    order: ["dies", "hangs"],
    stage: ["dies", "hangs", "nan"],
    publish: ["dies", "hangs"],
    receive: ["dies", "hangs"],
    write: ["dies", "hangs"],
    "pre-write": ["dies", "hangs", "nan"],
    answer: ["dies", "hangs"],
  },
  "single-phase": {
    order: ["dies", "hangs"],
    commit: ["dies", "hangs", "nan"],
    fill: ["dies", "hangs"],
    "pre-write": ["dies", "hangs", "nan"],
    answer: ["dies", "hangs"],
  },
};

async function requireNamed(
  ranks: number,
  { protocol, strike, mesh }: Pick<JobPlan, "protocol" | "mesh"> & {
    readonly strike: NonNullable<JobPlan["strike"]>;
  },
): Promise<void> {
  const { rank, place, kind } = strike;
  const { success, stderr } = await runPlan(ranks, {
    protocol,
    seeds: [1, 3, 5],
    timeoutMs: kind === "hangs" ? HANG_MS : PATIENT_MS,
    ...{ strike, ...(mesh === undefined ? {} : { mesh }) },
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

for (const protocol of PROTOCOLS) {
  for (const place of FAULT_PLACES) {
    for (const kind of STRIKES[protocol][place] ?? []) {
      const what = kind === "nan" ? "gives NaN" : kind;
      mpiTest(
        `${protocol}: a process that ${what} at ${place} is named and ends the job`,
        () => requireNamed(3, { protocol, strike: { rank: 1, place, kind } }),
      );
    }
  }
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
