/**
 * `llada_helpers.json`: quotas, transfer rules and Gumbel noise of the LLaDA family.
 *
 * @module
 */
import { gumbelNoise } from "../../decoding/gumbel.ts";
import { quotaTable } from "../../decoding/quota.ts";
import {
  pickEntropy,
  pickQuota,
  pickThreshold,
} from "../../decoding/selection.ts";
import type { Comparison } from "./outcome.ts";
import type { RowSampler } from "./samplers.ts";
import type { SamplingCase, SamplingFile } from "./sampling.ts";

interface QuotaCase {
  readonly mask_num: number;
  readonly steps: number;
  readonly num_transfer_tokens: readonly number[];
}

interface TransferCase {
  readonly logits: readonly (readonly number[])[];
  readonly mask_index: readonly number[];
  readonly x: readonly number[];
  readonly mask_token_id: number;
  readonly results: readonly {
    readonly fn: string;
    readonly num: number | null;
    readonly threshold: number | null;
    readonly x0: readonly number[];
    readonly transfer: readonly number[];
  }[];
}

interface GumbelCase {
  readonly logits: readonly (readonly number[])[];
  readonly temperature: number;
  readonly uniform_noise_float64: readonly (readonly number[])[] | null;
  readonly output: readonly (readonly number[])[];
  readonly argmax: readonly number[];
}

async function compareTransfer(
  check: Comparison,
  given: TransferCase,
  sampler: RowSampler,
): Promise<void> {
  const rows = await sampler(given.logits, {
    confidenceFrom: "raw",
    entropyEpsilon: 1e-12,
  });
  const masked = [...given.mask_index.keys()].filter((i) =>
    given.mask_index[i] === 1
  );
  const tokens = rows.map((row, i) =>
    masked.includes(i) ? row.token : given.x[i]!
  );
  const probabilities = masked.map((i) => rows[i]!.probability);
  const entropies = masked.map((i) => -rows[i]!.negEntropy);
  for (const [i, result] of given.results.entries()) {
    const at = `results[${i}]`;
    check.equal(`${at} x0`, { got: tokens, want: result.x0 });
    const picks = pick(result, { probabilities, entropies });
    const got = picks.map((index) => masked[index]!).toSorted((a, b) => a - b);
    check.equal(`${at} transfer`, {
      got,
      want: result.transfer.toSorted((a, b) => a - b),
    });
  }
}

function pick(
  { fn, num, threshold }: TransferCase["results"][number],
  { probabilities, entropies }: {
    readonly probabilities: readonly number[];
    readonly entropies: readonly number[];
  },
): number[] {
  const indices = (picks: readonly { readonly index: number }[]) =>
    picks.map(({ index }) => index);
  if (fn === "get_transfer_index") {
    if (threshold !== null) {
      return indices(pickThreshold(probabilities, threshold));
    }
    return indices(pickQuota(probabilities, num!));
  }
  if (fn !== "get_transfer_index_entropy") {
    throw new RangeError(`function "${fn}" is not known`);
  }
  if (threshold !== null) {
    return indices(pickEntropy(entropies, threshold, { strict: false }));
  }
  return indices(pickQuota(entropies.map((entropy) => -entropy), num!));
}

function compareGumbel(check: Comparison, given: GumbelCase): void {
  given.logits.forEach((logits, i) => {
    const uniforms = given.uniform_noise_float64?.[i] ?? [];
    const noisy = gumbelNoise(logits, uniforms, given);
    const want = given.output[i]!;
    want.forEach((value, id) =>
      check.near(`row ${i} id ${id}`, {
        got: noisy[id]!,
        want: value,
        tolerance: 1e-5 * Math.max(1, Math.abs(value)),
      })
    );
    check.equal(`row ${i} argmax`, {
      got: noisy.indexOf(Math.max(...noisy)),
      want: given.argmax[i],
    });
  });
}

/** Cases of `llada_helpers.json`. */
export const lladaHelpers: SamplingFile = {
  keys: ["num_transfer_tokens", "transfer_index", "gumbel"],
  *cases(file, { samplers }): Generator<SamplingCase> {
    const quotas = file.num_transfer_tokens as QuotaCase[];
    for (const [i, given] of quotas.entries()) {
      yield {
        name: `num_transfer_tokens[${i}]`,
        run: (check) =>
          check.equal("tokens per step", {
            got: quotaTable(given.mask_num, given.steps),
            want: given.num_transfer_tokens,
          }),
      };
    }
    for (const { label, sampler } of samplers) {
      const transfers = file.transfer_index as TransferCase[];
      for (const [i, given] of transfers.entries()) {
        yield {
          name: `transfer_index[${i}]${label}`,
          run: (check) => compareTransfer(check, given, sampler),
        };
      }
    }
    for (const [i, given] of (file.gumbel as GumbelCase[]).entries()) {
      yield {
        name: `gumbel[${i}]`,
        run: (check) => compareGumbel(check, given),
      };
    }
  },
};
