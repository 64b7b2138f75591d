import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { goldenDirectory } from "../golden_archive.ts";
import { loadReferenceModel } from "../../model/reference_model.ts";
import { referenceLoss } from "../../training/_reference_loss.ts";
import {
  goldenBatch,
  type GoldenTraining,
} from "../../training/golden_batch.ts";

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

for (const checkpoint of ["dream-tiny", "llada-tiny"]) {
  for (const name of CASES) {
    Deno.test(`goldenBatch has the loss that the reference recorded: ${checkpoint} ${name}`, async () => {
      const folder = await goldenDirectory();
      const home = `${folder}/training/${checkpoint}/${name}`;
      const text = await Deno.readTextFile(`${home}/case.json`);
      const golden: Recorded = JSON.parse(text);
      const weights = `${folder}/checkpoints/${checkpoint}`;
      const adapter = name.includes("lora")
        ? {
          adapter: `${home}/adapter_init`,
          allowUnmatched: ["o_proj", "gate_proj", "down_proj"],
        }
        : {};
      const batch = goldenBatch(golden);
      const { loss, correct, entropy } = await referenceLoss(batch, {
        student: await loadReferenceModel(weights, adapter),
        teacher: await loadReferenceModel(weights),
        blocks: golden.prompt_lengths.map((promptLength) => ({
          promptLength,
          blockSize: golden.block_size ?? 1,
        })),
      });
      const wanted = golden.steps[0]!;
      assertLess(Math.abs(loss / wanted.loss! - 1), 2e-5);
      if (name.startsWith("dparallel")) {
        assertEquals(correct, [wanted.num_correct!, wanted.num_correct_rev!]);
        assertAlmostEquals(entropy[0]!, wanted.entropy_loss!, 1e-5);
        assertAlmostEquals(entropy[1]!, wanted.entropy_loss_rev!, 1e-5);
      }
    });
  }
}
