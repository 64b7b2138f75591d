/**
 * The tasks that models are evaluated on.
 *
 * @module
 */
import { codeMini } from "../../tasks/code_mini.ts";
import { gsmMiniFree } from "../../tasks/gsm_free.ts";
import { gsmMini } from "../../tasks/gsm_mini.ts";
import type { Task } from "../../tasks/types.ts";

/** All tasks: word problems, code, and the control whose choices are irreducible. */
export function evaluationTasks(): readonly Task[] {
  return [gsmMini, codeMini(), gsmMiniFree];
}
