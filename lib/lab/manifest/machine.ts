/**
 * The machine, as far as it bears on times.
 *
 * @module
 */
import os from "node:os";
import { canonicalJson, sha256 } from "../json.ts";
import { record, type Recorded } from "./recorded.ts";

/** A machine. */
export interface Machine {
  /** Operating system, as `Deno.build.os` names it. */
  readonly os: string;
  /** Architecture, as `Deno.build.arch` names it. */
  readonly arch: string;
  /** Kernel release. Needs `--allow-sys=osRelease`. */
  readonly release: Recorded<string>;
  /** Processor model. Needs `--allow-sys=cpus`. */
  readonly cpu: Recorded<string>;
  /** Logical processors. */
  readonly cores: number;
  /** Bytes of main memory. Needs `--allow-sys=systemMemoryInfo`. */
  readonly memory: Recorded<number>;
}

/** Describes this machine; what permissions forbid is recorded as unavailable. */
export async function readMachine(): Promise<Machine> {
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    release: await record(() => Deno.osRelease()),
    cpu: await record(() => os.cpus()[0]?.model.trim() || "unknown"),
    cores: navigator.hardwareConcurrency,
    memory: await record(() => Deno.systemMemoryInfo().total),
  };
}

/** Hash under which times of this machine are kept. */
export function machineFingerprint(machine: Machine): string {
  const { os, arch, cpu, cores } = machine;
  return sha256(canonicalJson({ os, arch, cpu, cores }));
}
