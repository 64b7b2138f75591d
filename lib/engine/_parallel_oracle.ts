/** The operations of divided models written plainly, as `ffi/dllm_parallel.h` says them. Used by tests only. */
import { toBf16 } from "./_oracle.ts";

/** Sums of all members' values, added up in their order in f32. */
export function memberSums(parts: readonly Float32Array[]): Float32Array {
  const sums = parts[0]!.slice();
  for (const part of parts.slice(1)) {
    for (let i = 0; i < sums.length; i++) sums[i]! += part[i]!;
  }
  return sums;
}

/** Logits as both records of a shard read them. */
export function shardLogits(
  logits: Float32Array,
  options: { readonly bf16: boolean; readonly barred: readonly number[] },
): number[] {
  return Array.from(logits, (x, column) => {
    if (options.barred.includes(column)) return -Infinity;
    return options.bf16 ? toBf16(x) : x;
  });
}

/** Largest logit, and the sum of what the others are of it. */
export function shardSums(logits: readonly number[]): [number, number] {
  const largest = Math.max(...logits);
  if (largest === -Infinity) return [largest, 0];
  let sum = 0;
  for (const x of logits) sum += Math.exp(x - largest);
  return [largest, sum];
}

/** Largest probability, its column, second largest, sum of p log(p + epsilon), sum of p. */
export function shardWinners(
  logits: readonly number[],
  [largest, sum]: readonly [number, number],
  { bf16, epsilon }: { readonly bf16: boolean; readonly epsilon: number },
): number[] {
  const round = (x: number) => bf16 ? toBf16(Math.fround(x)) : Math.fround(x);
  const p = logits.map((x) => round(Math.exp(x - largest) / sum));
  const [first, second = 0] = p.toSorted((a, b) => b - a);
  let entropy = 0, mass = 0;
  for (const one of p) {
    mass += one;
    if (one === 0) continue;
    entropy += round(one * round(Math.log(round(one + epsilon))));
  }
  return [first!, p.indexOf(first!), second, entropy, mass];
}
