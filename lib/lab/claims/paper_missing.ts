/**
 * Why the papers' own numbers are not put to the test here: what each would need.
 *
 * @module
 */
import type { PaperItem } from "../paper_schema.ts";
import type { Obstacle } from "./types.ts";

type Row = Readonly<Record<string, string | number | boolean | null>>;

function weights(model: string): Obstacle {
  return {
    needs: "weights",
    reason:
      `Needs the published weights of ${model}, which do not ship with the kit, and the benchmark.`,
  };
}

function hardware(what: string): Obstacle {
  return { needs: "hardware", reason: `Needs ${what}.` };
}

function settings(rows: string): Obstacle {
  return {
    needs: "settings",
    reason: `States settings, not a result; judged with the rows of ${rows}.`,
  };
}

const NV = "eight H200 GPUs and the published weights of D2F-Dream";
const ASCEND =
  "eight Ascend 910C and the published weights of D2F-Dream; no code of this system is published";
const OTHERS =
  "the other system with its own weights on the same GPUs, to compare with";

function systemRow(row: Row): Obstacle {
  const text = Object.values(row).join(" ");
  if (text.includes("Ascend")) return hardware(ASCEND);
  if (/NV\b/.test(text)) return hardware(NV);
  return text.includes("D2F")
    ? hardware("the GPUs of the paper and the published weights of D2F-Dream")
    : hardware(OTHERS);
}

function decodingRow(row: Row): Obstacle {
  if (row.model === "Dream" && row.method === "LoPA") {
    return {
      needs: "later work",
      reason:
        "Neither code nor hyper-parameters of this row are published, and it needs the weights of Dream-v0-Instruct-7B.",
    };
  }
  return weights(
    row.model === "Dream"
      ? "Dream-v0-Instruct-7B"
      : "Dream-v0-Instruct-7B and its D2F adapter",
  );
}

function figure4(row: Row): Obstacle {
  return weights(
    String(row.benchmark).endsWith("+") ? "D2F-DiffuCoder 7B" : "D2F-Dream 7B",
  );
}

function distilled(model: string): (row: Row) => Obstacle {
  return ({ method }) => {
    if (method === "Consistency-Distillation") {
      return hardware(
        `a consistency-distilled ${model}, which is not published, so its training on several GPUs`,
      );
    }
    return weights(
      method === "dParallel" ? `${model} and its dParallel adapter` : model,
    );
  };
}

const TRAINING = hardware(
  "LLaDA-8B-Instruct and its training with and without each component on several GPUs",
);

const REASONS: Record<PaperItem, (row: Row) => Obstacle> = {
  lopa_table1: decodingRow,
  lopa_table2: (row) =>
    weights(
      `DiffuCoder 7B${
        row.model === "DiffuCoder" ? "" : " and its D2F adapter"
      }`,
    ),
  lopa_table3: systemRow,
  lopa_table4: systemRow,
  lopa_table5: () => settings("Tables 1 and 2"),
  lopa_table6: () => settings("Tables 3 and 4"),
  lopa_table7: systemRow,
  lopa_fig1: systemRow,
  lopa_fig4: figure4,
  lopa_fig5: () => weights("D2F-Dream 7B"),
  dparallel_table1: distilled("LLaDA-8B-Instruct"),
  dparallel_table2: distilled("Dream-v0-Instruct-7B"),
  dparallel_table3: () => TRAINING,
  dparallel_table4: () => TRAINING,
  dparallel_table5: () => settings("Tables 1, 2 and 6"),
  dparallel_table6: distilled("LLaDA-1.5"),
  dparallel_fig4: (row) =>
    distilled(
      row.model === "Dream" ? "Dream-v0-Instruct-7B" : "LLaDA-8B-Instruct",
    )(row),
};

/** What a row of an item needs before it can be tested. */
export function missingFor(item: PaperItem, row: Row): Obstacle {
  return REASONS[item](row);
}
