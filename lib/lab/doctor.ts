/**
 * What this machine can and cannot run, and why.
 *
 * @module
 */
import { findBuilt, libraryName } from "../engine/build.ts";
import { findCompiler } from "../engine/compiler.ts";
import { Device, NativeBuildError } from "../engine/mod.ts";
import { loadLibrary } from "../engine/library.ts";
import { readMachine } from "./manifest/machine.ts";
import { isUnavailable } from "./manifest/recorded.ts";

/** Oldest Deno whose notebook kernel and native calls are sound. */
export const OLDEST_DENO = "2.9.5";

/** One thing looked at. `missing` keeps the main job from running, `absent` does not. */
export interface Finding {
  readonly subject: string;
  readonly state: "ok" | "absent" | "missing";
  readonly text: string;
}

/** Whether a version of three numbers is at least another. */
export function atLeast(version: string, oldest: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/).slice(0, 3).map(Number);
  const [have, want] = [numbers(version), numbers(oldest)];
  for (let i = 0; i < 3; i++) {
    if (have[i] !== want[i]) return have[i]! > want[i]!;
  }
  return true;
}

/** Judges a version of Deno. */
export function denoFinding(version: string): Finding {
  const subject = "Deno";
  if (atLeast(version, OLDEST_DENO)) {
    return { subject, state: "ok", text: version };
  }
  const text =
    `${version}, want ${OLDEST_DENO} or newer: run \`deno upgrade\`, or \`npx --yes deno@2.9.6 task ...\``;
  return { subject, state: "missing", text };
}

async function machineFinding(): Promise<Finding> {
  const { arch, cpu, cores, memory, os } = await readMachine();
  const processor = isUnavailable(cpu) ? "unknown processor" : cpu;
  const size = isUnavailable(memory)
    ? "unknown memory"
    : `${(memory / 2 ** 30).toFixed(1)} GiB`;
  const text = `${processor}, ${cores} cores, ${size}, ${os} ${arch}`;
  return { subject: "machine", state: "ok", text };
}

async function compilerFinding(): Promise<Finding> {
  const subject = "C++20 compiler";
  try {
    const { command, identity } = await findCompiler();
    return { subject, state: "ok", text: `${command}: ${identity}` };
  } catch (error) {
    if (!(error instanceof NativeBuildError)) throw error;
    const built = await findBuilt() !== null;
    const state = built ? "absent" : "missing";
    return { subject, state, text: error.message };
  }
}

async function engineFindings(): Promise<Finding[]> {
  const subject = "CPU engine";
  const path = await findBuilt();
  if (path === null) {
    const text =
      `${libraryName()} is not built yet: \`deno task build\` does it, as does the first use`;
    return [{ subject, state: "absent", text }];
  }
  try {
    const { buildInfo } = await loadLibrary({ path });
    using device = await Device.open({ library: await loadLibrary({ path }) });
    const { isa, threads } = device.info;
    const text = `${isa} on ${threads} threads (built for ${
      buildInfo.isas.join(", ")
    })`;
    return [{ subject, state: "ok", text }];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [{ subject, state: "missing", text }];
  }
}

async function jsrFinding(): Promise<Finding> {
  const subject = "JSR";
  try {
    const signal = AbortSignal.timeout(5000);
    const url = "https://jsr.io/@std/assert/meta.json";
    const response = await fetch(url, { signal });
    await response.body?.cancel();
    if (response.ok) return { subject, state: "ok", text: "answers" };
    throw new Error(`status ${response.status}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text =
      `does not answer (${reason}): the tests use the stand-in of tools/offline`;
    return { subject, state: "absent", text };
  }
}

async function jupyterFinding(): Promise<Finding> {
  const subject = "Jupyter";
  const remedy = "not needed: the notebooks run without it";
  try {
    const { success, stdout } = await new Deno.Command("jupyter", {
      args: ["nbconvert", "--version"],
      stderr: "null",
    }).output();
    const version = new TextDecoder().decode(stdout).trim();
    if (success) return { subject, state: "ok", text: `nbconvert ${version}` };
    return { subject, state: "absent", text: `no nbconvert; ${remedy}` };
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable
    ) {
      return { subject, state: "absent", text: `not found; ${remedy}` };
    }
    throw error;
  }
}

/** What this release has no engine for. */
const NOT_BUILT: readonly Finding[] = [
  "NVIDIA GPU (CUDA)",
  "Ascend NPU (CANN)",
  "ONNX runtime",
].map((subject) => ({
  subject,
  state: "absent",
  text: "this release has no engine for it",
}));

/** Looks at everything, in the order of the report. */
export async function examine(): Promise<Finding[]> {
  return [
    denoFinding(Deno.version.deno),
    await machineFinding(),
    await compilerFinding(),
    ...await engineFindings(),
    await jsrFinding(),
    await jupyterFinding(),
    ...NOT_BUILT,
  ];
}

/** The findings as lines of text, with the verdict at the end. */
export function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.map(({ subject, state, text }) =>
    `${state.padEnd(7)}  ${subject.padEnd(width)}  ${text}`
  );
  const missing = findings.filter(({ state }) => state === "missing");
  const verdict = missing.length === 0
    ? "This machine can run `deno task reproduce`."
    : `This machine cannot run \`deno task reproduce\` yet: see ${
      missing.map(({ subject }) => subject).join(", ")
    }.`;
  return [...lines, "", verdict].join("\n");
}
