/**
 * `deno task doctor`: prints what this machine can and cannot run. The exit status is 1 when it cannot run the main job.
 *
 * @module
 */
import { examine, report } from "./doctor.ts";

const findings = await examine();
console.log(report(findings));
if (findings.some(({ state }) => state === "missing")) Deno.exit(1);
