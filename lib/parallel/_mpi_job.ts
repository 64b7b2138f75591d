/**
 * One process of a job of MPI that decodes with tiny models: its argument is a `JobPlan` in JSON. Used by tests only.
 * It tries the collectives, then decodes by all ranks and by one device and prints one line per model, unless a fault strikes.
 */
import { assertEquals } from "@std/assert";
import { observe } from "../decoding/_exactness.ts";
import { Device } from "../engine/mod.ts";
import { NativeModel } from "../model/native_model.ts";
import { PROMPT, tinyDecoder, tinySource } from "./_fault_cases.ts";
import { Faults, type Strike, strikeOnce } from "./_faults.ts";
import { RankError } from "./errors.ts";
import type { RankMesh } from "./mesh.ts";
import { BranchParallelModel } from "./model.ts";
import type { MpiGroup } from "./mpi_group.ts";
import { type MpiJob, runMpiJob } from "./mpi_job.ts";
import { MpiMesh } from "./mpi_mesh.ts";
import { followMpiModel, MpiModel } from "./mpi_model.ts";
import type { ProtocolName } from "./protocol.ts";
import { TensorParallelModel } from "./tensor_parallel.ts";

/** What a job does. */
export interface JobPlan {
  readonly protocol: ProtocolName;
  /** Absent: every process has a replica. */
  readonly mesh?: RankMesh;
  /** Seeds of the models that are decoded with, one after another. */
  readonly seeds: readonly number[];
  readonly timeoutMs: number;
  /** File on which the process holds a shared lock as long as it lives. */
  readonly alive: string;
  readonly strike: Strike | null;
}

/** Number of visits of the place before the fault strikes. */
const VISITS = 1;

/** The faults of this process: to die is to be killed, to hang is to be stopped. */
function faultsOf({ strike }: JobPlan): Faults {
  if (strike === null) return new Faults(() => null);
  const plan = strikeOnce(strike, VISITS);
  return new Faults((rank, place) => {
    const kind = plan(rank, place);
    if (kind === "dies") Deno.kill(Deno.pid, "SIGKILL");
    if (kind === "hangs") Deno.kill(Deno.pid, "SIGSTOP");
    return kind === "nan" ? "nan" : null;
  });
}

/** Sums in rank order and gathers of unequal lengths. */
async function tryCollectives(group: MpiGroup): Promise<void> {
  const communicator = group.communicator();
  const { rank, size } = group;
  const ranks = Array.from({ length: size }, (_, other) => other);
  const parts = ranks.map((other) => Math.fround(0.1 * (other + 1)));
  const sum = parts.reduce((total, part) => Math.fround(total + part));
  const values = Float32Array.of(parts[rank]!, 1e-30);
  await communicator.allReduce(values);
  assertEquals(values[0], sum);
  for (const length of [1, 1000]) { // some have none, some have more than travel at once
    const gathered = await communicator.allGather(
      new Float64Array(length * rank).fill(rank),
    );
    assertEquals(
      gathered,
      ranks.map((other) => new Float64Array(length * other).fill(other)),
    );
  }
  const large = new Float32Array(1 << 20).fill(rank);
  await communicator.broadcast(size - 1, large);
  assertEquals(large.every((value) => value === size - 1), true);
}

/** Sums and gathers of every shard's own group and every replica's. */
async function trySubgroups(mesh: MpiMesh): Promise<void> {
  for (const own of [mesh.shards, mesh.branches]) {
    const values = Float32Array.of(own.rank + 1);
    await own.allReduce(values);
    assertEquals(values[0], own.size * (own.size + 1) / 2);
    const ranks = await own.allGather(Float64Array.of(own.rank));
    assertEquals(ranks.map(([rank]) => rank), [...ranks.keys()]);
    const given = Float32Array.of(own.rank);
    await own.broadcast(own.size - 1, given);
    assertEquals(given[0], own.size - 1);
  }
}

async function run(plan: JobPlan, { group, watch }: MpiJob): Promise<void> {
  const { protocol, timeoutMs } = plan;
  await tryCollectives(group);
  const faults = faultsOf(plan);
  const sizes = plan.mesh ?? { bp: group.size, tp: 1 };
  const mesh = MpiMesh.over(group, sizes);
  await trySubgroups(mesh);
  for (const seed of plan.seeds) {
    const source = tinySource(seed);
    using device = await Device.open({ threads: 1 });
    using native = sizes.tp === 1
      ? await NativeModel.create(source, { device })
      : await TensorParallelModel.createShard(source, {
        ...{ device, tp: sizes.tp, shard: mesh.place.shard },
        communicator: () => mesh.shards,
      });
    const replica = faults.replica(native, group.rank);
    const options = {
      ...{ group, mesh, watch },
      protocol,
      timeoutMs,
      intercept: (inner: ReturnType<MpiGroup["communicator"]>) =>
        faults.intercept(inner, group.rank),
    };
    if (group.rank !== 0) {
      await followMpiModel(replica, options);
      continue;
    }
    await using model = await MpiModel.lead(replica, options);
    const decoder = tinyDecoder(protocol, {
      lookaheads: 1 + seed % 5,
      visibility: seed % 2 === 0 ? "block-causal" : "full",
    });
    await using alone = await BranchParallelModel.create(source, {
      mesh: { bp: 1, tp: sizes.tp },
    });
    const seen = await observe(model, decoder, PROMPT);
    assertEquals(seen, await observe(alone, decoder, PROMPT));
    const { forwards } = seen.trace.result;
    console.log(`seed ${seed}: equal in ${forwards} forwards`);
  }
}

if (import.meta.main) {
  const plan = JSON.parse(Deno.args[0]!) as JobPlan;
  const alive = await Deno.open(plan.alive);
  await alive.lock(false);
  await runMpiJob(
    (job) => run(plan, job),
    (error) =>
      console.error(
        error instanceof RankError ? `${error.name}: ${error.message}` : error,
      ),
    { rollCallMs: 3000 }, // on a busy machine too
  );
  Deno.exit(0);
}
