/**
 * Puts a network together from whatever binds its tensors: trained ones, frozen ones, frozen ones with adapters.
 *
 * @module
 */
import type { Weight } from "../engine/mod.ts";
import type { ModelConfig } from "../model/config.ts";
import type {
  EmbeddingWeights,
  LinearWeights,
  Network,
  NetworkLayer,
  NormWeights,
} from "./network.ts";
import {
  type LayerGroups,
  modelGroups,
  type ParameterGroup,
} from "./parameter_groups.ts";

/** Tensors that become one linear layer. */
export interface LinearGroups {
  readonly matrices: ParameterGroup;
  /** Empty where there is none. */
  readonly bias: ParameterGroup;
  /** A forward copy that exists already: the embedding that the head is tied to. */
  readonly forward?: Weight;
}

/** Gives tensors their place on a device. */
export interface WeightBinder {
  /** The embedding table. */
  embedding(group: ParameterGroup): Promise<Omit<EmbeddingWeights, "padding">>;
  /** A linear layer of all rows of a group. */
  linear(groups: LinearGroups): Promise<LinearWeights>;
  /** A gain. */
  norm(group: ParameterGroup): Promise<NormWeights>;
}

/** Binds every tensor of a configuration; `padding`: token whose embedding gets no gradient through the lookup. */
export async function assembleNetwork(
  config: ModelConfig,
  bind: WeightBinder,
  { padding }: { readonly padding: number | null },
): Promise<Network> {
  const groups = modelGroups(config);
  const embedding = { ...await bind.embedding(groups.embedding), padding };
  const layers: NetworkLayer[] = [];
  for (const layer of groups.layers) layers.push(await bindLayer(bind, layer));
  return {
    config,
    embedding,
    layers,
    finalNorm: await bind.norm(groups.finalNorm),
    head: await bind.linear({
      matrices: groups.head,
      bias: [],
      ...(config.tied ? { forward: embedding.table } : {}),
    }),
  };
}

async function bindLayer(
  bind: WeightBinder,
  groups: LayerGroups,
): Promise<NetworkLayer> {
  const linear = (matrices: ParameterGroup, bias: ParameterGroup = []) =>
    bind.linear({ matrices, bias });
  return {
    attentionNorm: await bind.norm(groups.attentionNorm),
    qkv: await linear(groups.qkv, groups.qkvBias),
    attentionOut: await linear(groups.attentionOut),
    mlpNorm: await bind.norm(groups.mlpNorm),
    gateUp: await linear(groups.gateUp),
    down: await linear(groups.down),
  };
}
