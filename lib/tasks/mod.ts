/**
 * Tasks: generators of problems in disjoint splits, the tokenizer that all of them share, and graders.
 *
 * @module
 */
export { CASES, type CodeCase } from "./code_cases.ts";
export { CodeMini, codeMini } from "./code_mini.ts";
export type { CodeValue } from "./code_parts.ts";
export type { CodeProblem } from "./code_problem.ts";
export type { Weighted } from "./draw.ts";
export { SandboxError, TaskError } from "./errors.ts";
export type { Operator, Step } from "./gsm_chain.ts";
export type { WorkedProblem } from "./gsm_check.ts";
export {
  type FreeCondition,
  type FreeProblem,
  gsmMiniFree,
} from "./gsm_free.ts";
export { gsmMini, type GsmProblem } from "./gsm_mini.ts";
export type { Cast } from "./gsm_question.ts";
export type { Person } from "./gsm_themes.ts";
export { TaskMixture } from "./mixture.ts";
export { type JudgedProgram, Sandbox, type SandboxOptions } from "./sandbox.ts";
export {
  type LengthStatistics,
  type TaskStatistics,
  taskStatistics,
} from "./statistics.ts";
export {
  encodeProblem,
  taskTokenizer,
  type TokenizerFiles,
  tokenizerFiles,
  writeTokenizer,
} from "./tokenizer.ts";
export type * from "./types.ts";
export { SPECIAL } from "./vocabulary.ts";
