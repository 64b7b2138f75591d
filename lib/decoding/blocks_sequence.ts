/**
 * A sequence under block-wise decoding: tokens, block table and the sticky end-of-sequence flag, with the two moves that happen
 * before a forward (grow) and after it (write).
 *
 * @module
 */
import { copyInt32s } from "../model/small_arrays.ts";
import {
  activateBlocks,
  appendBlock,
  firstActive,
  progress,
  promptTable,
} from "./blocks.ts";
import type { BlockRecord } from "./types.ts";

/** Tokens of the prompt and of the blocks appended so far, never changed in place. */
export interface BlockSequence {
  /** Absolute positions from 0 to the end of the last block. */
  readonly tokens: Int32Array;
  /** Its blocks, the prompt first. */
  readonly blocks: readonly BlockRecord[];
  /** Whether a stop token has been written; no block is appended after that. */
  readonly eosSeen: boolean;
}

/** What growing a sequence needs to know. */
export interface GrowthRules {
  /** Positions per block. */
  readonly blockSize: number;
  /** Most generated blocks: floor(maxNewTokens / blockSize). */
  readonly maxBlocks: number;
  /** Progress of the last block from which on (at least) a block is appended: tau_add. */
  readonly addThreshold: number;
  /** Progress of a block from which on (at least) its successor may force tokens: tau_act. */
  readonly activateThreshold: number;
  /** The mask id in use. */
  readonly maskId: number;
}

/** A sequence that holds only the prompt. */
export function promptSequence(prompt: Int32Array): BlockSequence {
  return {
    tokens: prompt.slice(),
    blocks: promptTable(prompt.length),
    eosSeen: false,
  };
}

/** Appends at most one block and activates successors (D2F's two thresholds), by the mask counts of the last round. */
export function growSequence(
  sequence: BlockSequence,
  rules: GrowthRules,
): BlockSequence {
  const { eosSeen } = sequence;
  let { tokens, blocks } = sequence;
  const room = blocks.length - 1 < rules.maxBlocks && !eosSeen;
  if (room && progress(blocks.at(-1)!) >= rules.addThreshold) {
    blocks = appendBlock(blocks, rules.blockSize);
    const longer = new Int32Array(blocks.at(-1)!.end).fill(rules.maskId);
    longer.set(tokens);
    tokens = longer;
  }
  blocks = activateBlocks(blocks, rules.activateThreshold);
  return { tokens, blocks, eosSeen };
}

/** The stop test: no mask anywhere and no active block. */
export function isFinished(sequence: BlockSequence, maskId: number): boolean {
  return firstActive(sequence.blocks) === undefined &&
    !sequence.tokens.includes(maskId);
}

/** A token and where it goes. */
export interface Write {
  /** Absolute position. */
  readonly position: number;
  /** Token id. */
  readonly token: number;
}

/** A copy of the tokens with some overwritten. */
export function writeAt(
  tokens: Int32Array,
  writes: readonly Write[],
): Int32Array {
  const written = copyInt32s(tokens);
  for (const { position, token } of writes) written[position] = token;
  return written;
}

/** Writes tokens and notes whether one of them is the stop token. Mask counts stay as they were. */
export function writeTokens(
  sequence: BlockSequence,
  writes: readonly Write[],
  { stopId }: { readonly stopId: number },
): BlockSequence {
  let { eosSeen } = sequence;
  for (const { token } of writes) eosSeen ||= token === stopId;
  const tokens = writeAt(sequence.tokens, writes);
  return { tokens, blocks: sequence.blocks, eosSeen };
}
