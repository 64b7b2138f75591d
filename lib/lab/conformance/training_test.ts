import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { library, nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { Device } from "../../engine/mod.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { GoldenDirectory } from "./directory.ts";
import { ModelPool } from "./models.ts";
import type { CaseOutcome } from "./outcome.ts";
import { trainingCases } from "./training.ts";

type Json = Record<string, unknown>;

/** A change of one case: of its `case.json`, or of its folder. */
interface Fault {
  readonly name: string;
  /** Case that is changed. */
  readonly case: string;
  readonly json?: (json: Json) => void;
  readonly files?: (folder: string) => Promise<void>;
  /** Part of the first difference. */
  readonly told: string;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Adds to the last element of a file of numbers. */
async function nudge(path: string, by: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  const at = bytes.length - 4;
  view.setFloat32(at, view.getFloat32(at, true) + by, true);
  await Deno.writeFile(path, bytes);
}

/** The outcome of one changed case. */
async function outcomeOf(
  fault: Omit<Fault, "name" | "told">,
  device: Device | null,
): Promise<CaseOutcome> {
  const golden = await goldenDirectory();
  await using folder = await temporaryFolder();
  for (const part of [`checkpoints/dream-tiny`, `logits/dream-tiny`]) {
    await copyFolder(`${golden}/${part}`, `${folder.path}/${part}`);
  }
  const place = `${folder.path}/training/dream-tiny/${fault.case}`;
  await copyFolder(`${golden}/training/dream-tiny/${fault.case}`, place);
  const json = JSON.parse(await Deno.readTextFile(`${place}/case.json`));
  fault.json?.(json);
  await Deno.writeTextFile(`${place}/case.json`, JSON.stringify(json));
  await fault.files?.(place);
  const directory = new GoldenDirectory(folder.path);
  await using models = new ModelPool(directory, device);
  const [outcome, ...rest] = await Array.fromAsync(
    trainingCases(directory, models),
  );
  assertEquals(rest, []);
  return outcome!;
}

const part = (json: Json, key: string) => json[key] as Json;
const gradient = "grad.model.layers.1.self_attn.v_proj.bias.npy";

const FAULTS: readonly Fault[] = [
  {
    name: "an unknown key",
    case: "sft-full-b3",
    json: (json) => json.label_smoothing = 0.1,
    told: "unknown keys [label_smoothing]",
  },
  {
    name: "another learning rate",
    case: "sft-full-b3",
    json: (json) => part(json, "optimizer").lr = 0.0011,
    told: "after1",
  },
  {
    name: "another second moment",
    case: "sft-full-b3",
    json: (json) => part(json, "optimizer").betas = [0.9, 0.99],
    told: "after 3 steps.loss",
  },
  {
    name: "another epsilon",
    case: "dparallel-lora-b1",
    json: (json) => part(json, "optimizer").eps = 1e-3,
    told: "after1",
  },
  {
    name: "another schedule",
    case: "sft-full-b3",
    json: (json) => part(json, "optimizer").lr_schedule = "cosine",
    told: 'lr_schedule is "cosine"',
  },
  {
    name: "no clipping",
    case: "dparallel-lora-b1",
    json: (json) => part(json, "optimizer").max_grad_norm = null,
    told: "step 3.loss",
  },
  {
    name: "a term that nobody computes",
    case: "sft-full-b3",
    json: (json) => (json.steps as Json[])[0]!.perplexity = 2.7,
    told: "step 1.perplexity",
  },
  {
    name: "a gradient norm that is off",
    case: "sft-full-b3",
    json: (json) => {
      const step = (json.steps as Json[])[0]!;
      step.grad_norm = 1.0001 * (step.grad_norm as number);
    },
    told: "step 1.grad_norm",
  },
  {
    name: "a gradient that is off",
    case: "dparallel-full-b2",
    files: (folder) => nudge(`${folder}/${gradient}`, 1e-3),
    told: "gradient model.layers.1.self_attn.v_proj.bias",
  },
  {
    name: "parameters that are off",
    case: "dparallel-full-b2",
    files: (folder) =>
      nudge(
        `${folder}/param_after3.model.layers.1.self_attn.v_proj.bias.npy`,
        0.01,
      ),
    told: "after3 model.layers.1.self_attn.v_proj.bias",
  },
  {
    name: "a file that is not listed",
    case: "sft-full-b3",
    files: (folder) =>
      Deno.copyFile(`${folder}/${gradient}`, `${folder}/grad.other.npy`),
    told: "tensor files",
  },
  {
    name: "other matched modules",
    case: "dparallel-lora-b1",
    json: (json) => part(json, "lora").matched = ["q_proj"],
    told: "lora.matched",
  },
  {
    name: "another adapter scale",
    case: "dparallel-lora-b1",
    json: (json) => part(json, "lora").scaling = 1,
    told: "adapter_config.json",
  },
  {
    name: "logits of another adapter",
    case: "dparallel-lora-b1",
    files: (folder) => nudge(`${folder}/logits_in1_after3.npy`, 0.01),
    told: "logits_in1_after3.npy",
  },
];

for (const fault of FAULTS) {
  nativeTest(`trainingCases: ${fault.name} fails`, async () => {
    using device = await Device.open({ library: library!, threads: 1 });
    const { status, differences } = await outcomeOf(fault, device);
    assertEquals(status, "failed");
    const told = differences.map(({ where, got }) => `${where} ${got}`);
    assertStringIncludes(told.join("\n"), fault.told);
  });
}

Deno.test("trainingCases: without an engine the first loss is compared", async () => {
  const right = await outcomeOf({ case: "d2f-distill-lora-b1" }, null);
  assertEquals(right.status, "passed");
  assertStringIncludes(right.note!, "first step");
  const wrong = await outcomeOf({
    case: "d2f-distill-lora-b1",
    json: (json) => (json.steps as Json[])[0]!.loss = 1.0,
  }, null);
  assert(wrong.differences[0]!.where === "step 1.loss");
});
