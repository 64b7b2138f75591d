/**
 * The two cache protocols step by step: LoPA over three ranks, recorded round by round. One of the ranks has no branch; in one cell
 * a message is lost, so that the invariant has something to catch.
 *
 * @module
 */
import type {
  CellContext,
  CellPlan,
  CellResult,
  Experiment,
} from "../experiment.ts";
import { canonicalJson, sha256 } from "../json.ts";
import { TimedModels } from "./lopa_dist_models.ts";
import { lopaDecoder } from "./lopa_dist_settings.ts";
import {
  type LostCommit,
  type ProtocolRecord,
  recordProtocol,
} from "./lopa_dist_protocol_record.ts";
import { protocolFigures } from "./lopa_dist_protocol_figures.ts";
import { protocolTables } from "./lopa_dist_protocol_tables.ts";
import type { DecoderData } from "./methods.ts";

/** A cell: one protocol on one prompt. */
export type ProtocolParameters = {
  readonly protocol: "two-phase" | "single-phase";
  readonly ranks: number;
  readonly decoder: DecoderData;
  readonly prompt: string;
  readonly lost: LostCommit | null;
};

/** A finished cell. */
export type ProtocolCell = CellResult<ProtocolParameters, ProtocolRecord>;

const MODEL = "dream-tiny", PROMPT = "Q:22+10=?";

/** Three ranks and two branches: one rank is idle. */
const RANKS = 3, LOOKAHEADS = 1;

/** Rank 1 loses the second commit that it takes part in. */
const LOST: LostCommit = { rank: 1, collect: 1 };

function parametersOf(
  protocol: ProtocolParameters["protocol"],
  lost: LostCommit | null = null,
): ProtocolParameters {
  const visibility = protocol === "two-phase" ? "full" : "block-causal";
  const decoder = lopaDecoder({
    ...{ lookaheads: LOOKAHEADS, tau: 0.9, visibility, maxNewTokens: 64 },
  });
  return { protocol, ranks: RANKS, decoder, prompt: PROMPT, lost };
}

/** The experiment. */
export function lopaDistProtocols(
  models: TimedModels = new TimedModels(),
): Experiment<ProtocolParameters, ProtocolRecord> {
  async function plan(): Promise<CellPlan<ProtocolParameters>[]> {
    const { digest } = await models.facts(MODEL);
    return [
      parametersOf("two-phase"),
      parametersOf("single-phase"),
      parametersOf("two-phase", LOST),
    ].map((parameters) => ({
      parameters,
      label: `${parameters.protocol} over ${RANKS} ranks${
        parameters.lost === null ? "" : ", a commit lost"
      }`,
      model: digest,
      task: sha256(canonicalJson([PROMPT])),
      precision: "f32",
      seconds: 0.5,
    }));
  }

  async function run(
    { parameters }: CellPlan<ProtocolParameters>,
    { signal, report }: CellContext,
  ): Promise<ProtocolRecord> {
    signal.throwIfAborted();
    const { source, codec, close } = await models.open(MODEL);
    try {
      const prompt = codec.encode(parameters.prompt, { bos: true });
      const record = await recordProtocol(source, prompt, parameters);
      report(1, 1);
      return record;
    } finally {
      close();
    }
  }

  return {
    id: "lopa-dist-protocols",
    title: "The two cache protocols of LoPA-Dist, round by round",
    version: 1,
    reproduces: [],
    timing: false,
    seeds: [],
    claims: [],
    plan,
    run,
    measure: () => [],
    tables: protocolTables,
    figures: (cells) => Promise.resolve(protocolFigures(cells)),
    close: () => Promise.resolve(),
  };
}
