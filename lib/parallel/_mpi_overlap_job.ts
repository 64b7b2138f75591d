/** One process of a job of MPI that counts the steps handed on while its first rank is idle. Used by tests only. */
import { Device } from "../engine/mod.ts";
import { NativeModel } from "../model/native_model.ts";
import { countIdleSteps, slowSource } from "./_overlap.ts";
import { runMpiJob } from "./mpi_job.ts";
import { MpiMesh } from "./mpi_mesh.ts";
import { followMpiModel, MpiModel } from "./mpi_model.ts";

const alive = await Deno.open(Deno.args[0]!);
await alive.lock(false);
await runMpiJob(async (job) => {
  const { group, watch } = job;
  const mesh = MpiMesh.over(group, { bp: group.size, tp: 1 });
  using device = await Device.open({
    threads: 1,
    concurrent: group.rank === 0,
  });
  using replica = await NativeModel.create(slowSource(), { device });
  if (group.rank !== 0) return await followMpiModel(replica, { ...job, mesh });
  await using model = await MpiModel.lead(replica, {
    ...{ ...job, mesh },
    concurrent: true,
  });
  const counted = await countIdleSteps(
    model,
    () => watch.placeOf(0).phase !== "order",
  );
  console.log(JSON.stringify(counted));
}, console.error);
Deno.exit(0);
