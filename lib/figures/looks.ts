/**
 * Who looks like what: a model, a task or a way of decoding has one colour in all figures, and no two curves of a figure look
 * alike.
 *
 * @module
 */
import { SERIES } from "./theme.ts";

/** How a curve is drawn. */
export interface Look {
  /** CSS colour of line, marks and band. */
  readonly color: string;
  /** Plotly's name of the mark. */
  readonly symbol: string;
  /** Plotly's name of the dash. */
  readonly dash: string;
}

/** Names with a look of their own, by its index in {@linkcode SERIES}; those of one line never meet in a figure as rivals. */
const KNOWN: readonly (readonly string[])[] = [
  ["LoPA", "8 sequences", "dream-mini", "d2f-dream-mini", "gsm-mini"],
  ["dParallel", "llada-mini", "d2f-llada-mini", "code-mini"],
  ["D2F"],
  ["base", "threshold"],
  ["consistency only", "few-step", "4 sequences", "gsm-mini-free"],
  ["LoPA on the base", "D2F + certainty forcing", "2 sequences"],
  ["autoregressive", "one token per pass"],
];

/** Dashes of the variants of one thing. */
const VARIANTS = ["solid", "dot", "dash", "dashdot"] as const;

function knownIndex(name: string): number {
  return KNOWN.findIndex((names) => names.includes(name));
}

/** `base, entropy` is a variant of `base`; other names with a comma are names. */
function parts(name: string): readonly [head: string, variant: string | null] {
  const [head, ...rest] = name.split(", ");
  return rest.length > 0 && knownIndex(head!) >= 0
    ? [head!, rest.join(", ")]
    : [name, null];
}

/**
 * The looks of a figure's curves, by name. Known names keep theirs; others get those that are left, in order. Variants of a
 * known thing (`dParallel, entropy`) share its colour and differ in dash and mark.
 */
export function looksOf(names: readonly string[]): ReadonlyMap<string, Look> {
  const split = names.map((name) => [name, ...parts(name)] as const);
  const heads = [...new Set(split.map(([, head]) => head))];
  const variants = [
    ...new Set(split.flatMap(([, , variant]) => variant ?? [])),
  ];
  const taken = new Set(heads.map(knownIndex));
  const free = SERIES.map((_, i) => i).filter((i) => !taken.has(i));
  const unknown = heads.filter((head) => knownIndex(head) < 0);
  const indexOf = (head: string) => {
    const known = knownIndex(head);
    if (known >= 0) return { index: known, lap: 0 };
    const place = unknown.indexOf(head);
    return place < free.length
      ? { index: free[place]!, lap: 0 }
      : { index: place - free.length, lap: 1 };
  };
  return new Map(split.map(([name, head, variant]) => {
    const { index, lap } = indexOf(head);
    const at = variant === null ? 0 : variants.indexOf(variant);
    const { color, dash } = style(index);
    const { symbol } = style(index + 3 * (lap + at));
    return [name, {
      ...{ color, symbol },
      dash: variant !== null
        ? VARIANTS[at % VARIANTS.length]!
        : lap > 0
        ? style(index + 3).dash
        : dash,
    }];
  }));
}

function style(index: number): (typeof SERIES)[number] {
  return SERIES[index % SERIES.length]!;
}
