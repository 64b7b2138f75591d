/**
 * A model's tensors in the groups that must lie side by side, because they are packed or read as one.
 *
 * @module
 */
import type { ModelConfig } from "../model/config.ts";
import {
  expectedTensors,
  layerModules,
  outerModules,
} from "../model/tensor_names.ts";

/** A tensor by name. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Tensors that lie side by side. */
export type ParameterGroup = readonly NamedShape[];

/** The tensors of one layer by what reads them. */
export interface LayerGroups {
  readonly attentionNorm: ParameterGroup;
  readonly qkv: ParameterGroup;
  /** Empty where the projections have no bias. */
  readonly qkvBias: ParameterGroup;
  readonly attentionOut: ParameterGroup;
  readonly mlpNorm: ParameterGroup;
  readonly gateUp: ParameterGroup;
  readonly down: ParameterGroup;
}

/** The tensors of a model by what reads them. */
export interface ModelGroups {
  readonly embedding: ParameterGroup;
  readonly layers: readonly LayerGroups[];
  readonly finalNorm: ParameterGroup;
  /** The embedding's where the head is tied to it. */
  readonly head: ParameterGroup;
}

/** Groups of a configuration's tensors. */
export function modelGroups(config: ModelConfig): ModelGroups {
  const shapes = expectedTensors(config);
  const named = (tensors: readonly string[]) =>
    tensors.map((name) => ({ name, shape: shapes.get(name)! }));
  const weights = (...modules: readonly string[]) =>
    named(modules.map((module) => `${module}.weight`));
  const outer = outerModules(config);
  const layers = Array.from({ length: config.layers }, (_, layer) => {
    const names = layerModules(config, layer);
    const projections = [names.query, names.key, names.value];
    return {
      attentionNorm: weights(names.attentionNorm),
      qkv: weights(...projections),
      qkvBias: config.qkvBias
        ? named(projections.map((module) => `${module}.bias`))
        : [],
      attentionOut: weights(names.attentionOut),
      mlpNorm: weights(names.mlpNorm),
      gateUp: weights(names.gate, names.up),
      down: weights(names.down),
    };
  });
  return {
    embedding: weights(outer.embedding),
    layers,
    finalNorm: weights(outer.finalNorm),
    head: weights(outer.head),
  };
}

/** Every group once, without empty ones. */
export function allGroups(groups: ModelGroups): ParameterGroup[] {
  const layers = groups.layers.flatMap((layer) => Object.values(layer));
  const tied = groups.head[0]!.name === groups.embedding[0]!.name;
  return [
    groups.embedding,
    ...layers as ParameterGroup[],
    groups.finalNorm,
    ...(tied ? [] : [groups.head]),
  ].filter((group) => group.length > 0);
}

/** Number of elements of a shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
