/**
 * One process of a job of MPI: decodes a prompt over all of them.
 *
 *     mpirun -n 2 --bind-to none deno run -q -P=parallel lib/lab/parallel_main.ts --model DIR --prompt TEXT
 *
 * @module
 */
import { createDecoder } from "../decoding/registry.ts";
import { Device } from "../engine/mod.ts";
import { loadCheckpoint } from "../model/checkpoint.ts";
import { loadModel } from "../model/load_model.ts";
import { mergeAdapter } from "../model/lora.ts";
import { NativeModel } from "../model/native_model.ts";
import { loadTokenizer } from "../model/tokenizer.ts";
import type { DiffusionModel } from "../model/types.ts";
import { type MpiJob, runMpiJob } from "../parallel/mpi_job.ts";
import { MpiMesh } from "../parallel/mpi_mesh.ts";
import { followMpiModel, MpiModel } from "../parallel/mpi_model.ts";
import { resumable, RoundLog } from "../parallel/round_log.ts";
import { UsageError } from "./command_line.ts";
import { generate } from "./generate.ts";
import {
  type ParallelArguments,
  parallelUsage,
  parseParallelArguments,
} from "./parallel_arguments.ts";
import { roundSource } from "../parallel/round_load.ts";
import { TensorParallelModel } from "../parallel/tensor_parallel.ts";
import { measureRoundRates } from "./parallel_round_rate.ts";

const encoder = new TextEncoder();

type Job = MpiJob & { readonly mesh: MpiMesh };
type DecodeArguments = ParallelArguments & { readonly kind: "decode" };

async function bench(rounds: number, job: Job): Promise<void> {
  using device = await openDevice(1, job);
  using replica = await NativeModel.create(roundSource(), { device });
  if (job.group.rank !== 0) return await followMpiModel(replica, job);
  using alone = await Device.open({ threads: 1 });
  using single = await NativeModel.create(roundSource(), { device: alone });
  await using parallel = await MpiModel.lead(replica, {
    ...job,
    concurrent: true,
  });
  const rates = await measureRoundRates({ parallel, single }, { rounds });
  const { size, version } = job.group;
  console.log(
    `${size} processes of one thread (${version}): ${
      rates.parallelMs.toFixed(2)
    } ms a round of 8 sequences; one process of one thread: ${
      rates.singleMs.toFixed(2)
    } ms; ${
      rates.ratio.toFixed(2)
    } times its rate (medians of ${rates.rounds} rounds that took turns)`,
  );
}

/** This process's device. That of the first leaves the event loop to what is done with a step while all compute the next. */
function openDevice(threads: number, { group }: Job): Promise<Device> {
  return Device.open({ threads, concurrent: group.rank === 0 });
}

async function decode(args: DecodeArguments, job: Job): Promise<void> {
  using device = await openDevice(args.generate.threads, job);
  using replica = await loadShare(args, { device, mesh: job.mesh });
  const { protocol, timeoutMs } = args;
  if (job.group.rank !== 0) return await followMpiModel(replica, job);
  await using model = await MpiModel.lead(replica, {
    ...job,
    ...{ protocol, timeoutMs, concurrent: true },
  });
  using log = await roundLog(args, replica);
  await write(log === null ? model : resumable(model, log), { args, job, log });
}

/** This process's replica of the model, or its shard of one. */
async function loadShare(
  { generate: { model: folder, dtype, adapter } }: DecodeArguments,
  { device, mesh }: { readonly device: Device; readonly mesh: MpiMesh },
): Promise<NativeModel | TensorParallelModel> {
  const { sizes: { tp }, place: { shard } } = mesh;
  if (tp === 1) {
    return await loadModel(folder, {
      ...{ device, dtype },
      ...(adapter === null ? {} : { adapter }),
    });
  }
  using checkpoint = await loadCheckpoint(folder);
  const source = adapter === null
    ? checkpoint
    : await mergeAdapter(checkpoint, adapter, {});
  return await TensorParallelModel.createShard(source, {
    ...{ device, dtype, tp, shard, communicator: () => mesh.shards },
  });
}

/** The log of the rounds, if one is wanted. */
async function roundLog(
  { generate: { prompt, decoder: name, options, dtype }, rounds, resume, mesh }:
    DecodeArguments,
  { spec }: DiffusionModel,
): Promise<RoundLog | null> {
  if (rounds === null) return null;
  const decoder = createDecoder({ name, options });
  const of = {
    decoder: { name: decoder.name, options: decoder.options },
    model: spec,
    ...{ dtype, prompt },
    // Shards add up in another order than a whole replica does.
    ...(mesh === null || mesh.tp === 1 ? {} : { shards: mesh.tp }),
  };
  return await (resume
    ? RoundLog.resume(rounds, of)
    : RoundLog.begin(rounds, of));
}

/** Decodes, and writes the text and the trace. */
async function write(
  model: DiffusionModel,
  { args, job, log }: {
    readonly args: DecodeArguments;
    readonly job: Job;
    readonly log: RoundLog | null;
  },
): Promise<void> {
  const tokenizer = await loadTokenizer(args.generate.model);
  const { trace: path } = args.generate;
  using file = path === null ? null : await Deno.open(path, {
    write: true,
    create: true,
    truncate: true,
  });
  const { text, trace, wallMs } = await generate(model, tokenizer, {
    ...args.generate,
    sink: (line) => {
      file?.writeSync(encoder.encode(line));
    },
  });
  console.log(text);
  const { forwards, ids } = trace.result;
  const { size, version } = job.group;
  const kept = log?.recorded ?? 0;
  console.error(
    `${ids.length} positions in ${forwards} forwards${
      kept > 0 ? `, ${kept} of them from ${log!.path}` : ""
    }, over ${size} processes (${version}): ${(wallMs / 1000).toFixed(2)} s`,
  );
}

function report(error: unknown): void {
  if (!(error instanceof Error)) return console.error(error);
  console.error(`${error.name}: ${error.message}`);
}

function partOf(args: ParallelArguments): (job: MpiJob) => Promise<void> {
  return async ({ group, watch }) => {
    const sizes = args.kind === "decode" ? args.mesh : null;
    const mesh = MpiMesh.over(group, sizes ?? { bp: group.size, tp: 1 });
    const job = { group, mesh, watch };
    if (args.kind === "bench") await bench(args.rounds, job);
    else await decode(args, job);
  };
}

try {
  await runMpiJob(partOf(parseParallelArguments(Deno.args)), report);
  Deno.exit(0);
} catch (error) {
  report(error);
  if (error instanceof UsageError) console.error(`\n${parallelUsage()}`);
  Deno.exit(1);
}
