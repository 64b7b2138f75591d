import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { mergeAdapter } from "../../model/lora.ts";
import { expectedTensors } from "../../model/tensor_names.ts";
import { readTensor, type TensorSource } from "../../model/tensor_source.ts";
import {
  goldenBatch,
  type GoldenTraining,
} from "../../training/golden_batch.ts";
import { referenceLoss } from "../../training/reference_loss.ts";
import type { ReferenceNetwork } from "../../training/reference_network.ts";
import { goldenDirectory } from "../golden_archive.ts";

const CASES = [
  "sft-full-b3",
  "dparallel-full-b1",
  "dparallel-full-b2",
  "dparallel-lora-b1",
  "d2f-distill-lora-b1",
  "d2f-hard-lora-b2",
];

interface Recorded extends GoldenTraining {
  readonly steps: readonly Readonly<Record<string, number>>[];
}

function network(source: TensorSource): ReferenceNetwork {
  const names = [...expectedTensors(source.config).keys()];
  return {
    config: source.config,
    tensors: new Map(names.map((name) => [name, readTensor(source, name)])),
  };
}

for (const checkpoint of ["dream-tiny", "llada-tiny"]) {
  for (const name of CASES) {
    Deno.test(`goldenBatch has the loss that the reference recorded: ${checkpoint} ${name}`, async () => {
      const folder = await goldenDirectory();
      const home = `${folder}/training/${checkpoint}/${name}`;
      const text = await Deno.readTextFile(`${home}/case.json`);
      const golden: Recorded = JSON.parse(text);
      using base = await loadCheckpoint(`${folder}/checkpoints/${checkpoint}`);
      const teacher = network(base);
      const student = name.includes("lora")
        ? network(
          await mergeAdapter(base, `${home}/adapter_init`, {
            allowUnmatched: ["o_proj", "gate_proj", "down_proj"],
          }),
        )
        : teacher;
      const batch = goldenBatch(golden);
      const { loss, correct, entropy } = referenceLoss(student, batch, teacher);
      const wanted = golden.steps[0]!;
      assertLess(Math.abs(loss / wanted.loss! - 1), 2e-5);
      if (!name.startsWith("dparallel")) return;
      for (const [group, suffix] of ["", "_rev"].entries()) {
        const right = [...batch.rows.keys()].filter((r) =>
          batch.rows[r]!.group === group && correct[r] === 1
        );
        assertEquals(right.length, wanted[`num_correct${suffix}`]!);
        const mean = right.reduce((sum, r) => sum + entropy[r]!, 0) /
          right.length;
        assertAlmostEquals(mean, wanted[`entropy_loss${suffix}`]!, 1e-5);
      }
    });
  }
}
