/**
 * Several devices as one model: branch parallelism, the two cache protocols of LoPA-Dist, and what holds ranks together.
 *
 * @module
 */
export {
  type Communicator,
  COORDINATOR,
  type Message,
} from "./communicator.ts";
export {
  GroupAbortedError,
  MeshError,
  ProtocolError,
  RankError,
  type RankPhase,
} from "./errors.ts";
export { InProcessGroup } from "./in_process.ts";
export {
  loadParallelModel,
  type LoadParallelOptions,
} from "./load_parallel.ts";
export {
  meshSize,
  parseMesh,
  placeOf,
  rankAt,
  type RankMesh,
  type RankPlace,
} from "./mesh.ts";
export {
  BranchParallelModel,
  type BranchParallelOptions,
  type CreateParallelOptions,
} from "./model.ts";
export { MpiGroup } from "./mpi_group.ts";
export { type MpiJob, runMpiJob } from "./mpi_job.ts";
export { MpiMesh, type ShardGuard } from "./mpi_mesh.ts";
export type { Collectives } from "./mpi_collectives.ts";
export { MpiError } from "./mpi_library.ts";
export { followMpiModel, MpiModel, type MpiModelOptions } from "./mpi_model.ts";
export { RankWatch, type WatchedPlace } from "./mpi_watch.ts";
export type { PhaseChange, PhaseListener } from "./phase_clock.ts";
export type {
  CacheProtocol,
  Exchange,
  Placement,
  PlanInput,
  ProtocolName,
  RankEffect,
  RankEvent,
  RankOperation,
  RankState,
  RankTransition,
  RoundOrder,
  RoundPlan,
  StagedBranch,
} from "./protocol.ts";
export { startRank } from "./protocol.ts";
export { CACHE_PROTOCOLS, type RoundOptions } from "./protocols.ts";
export type { ParallelSession } from "./session.ts";
export { resumable, RoundLog, RoundLogError } from "./round_log.ts";
export { singlePhase } from "./single_phase.ts";
export {
  type ShardOptions,
  TensorParallelModel,
  type TensorParallelOptions,
} from "./tensor_parallel.ts";
export { twoPhase } from "./two_phase.ts";
