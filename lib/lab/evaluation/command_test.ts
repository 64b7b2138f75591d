import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { parseTraces } from "../../decoding/trace_reader.ts";
import { nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { loadCheckpoint } from "../../model/checkpoint.ts";
import { UsageError } from "../command_line.ts";
import { method, trainedDecoder } from "../experiments/lopa_scaling_methods.ts";
import type { StoredCell } from "../cell_line.ts";
import { goldenDirectory } from "../golden_archive.ts";
import { SILENT } from "../progress.ts";
import { readEvaluation } from "../recipes/evaluation.ts";
import { RunStore } from "../store.ts";
import { toyTask } from "./_toy_task.ts";
import { parseEvaluateArguments } from "./arguments.ts";
import { evaluateModel } from "./command.ts";
import { decodedIdentity, promptsDigest } from "./decoded_problems.ts";
import type { Evaluation } from "./evaluate.ts";
import { OpenModels } from "./open_models.ts";
import { score } from "./scores.ts";
import { readScores, type ScoreRow, writeScores } from "./score_file.ts";

const parse = (line: string) => parseEvaluateArguments(line.split(" "));

Deno.test("parseEvaluateArguments() reads the folder, the lab's methods, and options of decoders", () => {
  const plain = parse("data/models/dream-mini/");
  assertEquals(plain.model, "data/models/dream-mini");
  assertEquals(plain.tasks, ["gsm-mini", "code-mini"]);
  assertEquals([plain.count, plain.first, plain.split, plain.dtype], [
    500,
    0,
    "test",
    "bf16",
  ]);
  assertEquals([plain.method, plain.decoder, plain.lanes], [null, null, null]);
  const named = parse(
    "--task gsm-mini m --decoder lopa --lookaheads 4 --block-size 16 --n 20 --split dev --lanes 1",
  );
  assertEquals(named.options, { lookaheads: 4, blockSize: 16 });
  assertEquals([named.decoder, named.count, named.split, named.lanes], [
    "lopa",
    20,
    "dev",
    1,
  ]);
});

Deno.test("parseEvaluateArguments() says what is missing or wrong", () => {
  for (
    const [line, message] of [
      ["--n 5", "got 0 model folders"],
      ["a b", "got 2 model folders (a, b)"],
      ["m --n 0", "at least 1"],
      ["m --n", "value is missing"],
      ["m --split eval", "train or dev or test"],
      ["m --dtype f16", "f32 or bf16"],
      ["m --lookaheads 3", 'option "lookaheads" without --decoder'],
      ["m --decoder d2f --method d2f", "choose one"],
    ] as const
  ) {
    assertThrows(() => parse(line), UsageError, message);
  }
});

const row = (more: Partial<ScoreRow>): ScoreRow => ({
  task: "gsm-mini",
  taskDigest: "t",
  decoder: "vanilla",
  split: "test",
  first: 0,
  precision: "bf16",
  settings: { name: "dream-vanilla" },
  n: 10,
  score: 0.5,
  low: 0.2,
  high: 0.8,
  tpf: 1,
  tpfLow: 1,
  tpfHigh: 1,
  tokensPerCall: 1,
  positionsPerToken: 100,
  ...more,
});

Deno.test("writeScores() replaces a row of the same place, keeps others, and drops those of other weights", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/evaluation.json`;
  await writeScores(path, "m1", [row({}), row({ task: "code-mini" })]);
  await writeScores(path, "m1", [
    row({ score: 0.9 }),
    row({ precision: "f32" }),
  ]);
  const rows = await readScores(path, "m1");
  assertEquals(
    rows.map(({ task, precision, score }) => [task, precision, score]),
    [
      ["code-mini", "bf16", 0.5],
      ["gsm-mini", "bf16", 0.9],
      ["gsm-mini", "f32", 0.5],
    ],
  );
  assertEquals(await readScores(path, "m2"), []);
  await writeScores(path, "m2", [row({})]);
  assertEquals(await readScores(path, "m1"), []);
  await Deno.writeTextFile(path, "{");
  assertEquals(await readScores(path, "m2"), []);
});

nativeTest(
  "evaluateModel() prints scores and writes a file that the model's card reads",
  async () => {
    await using folder = await temporaryFolder();
    const checkpoints = `${await goldenDirectory()}/checkpoints`;
    const model = `${checkpoints}/dream-tiny`;
    const store = new RunStore(`${folder.path}/runs`, "quick");
    const out = `${folder.path}/evaluation.json`,
      trace = `${folder.path}/traces.jsonl`;
    const task = toyTask("gsm-mini");
    let printed = "";
    const tools = {
      tasks: [task, toyTask("code-mini")],
      progress: SILENT,
      signal: new AbortController().signal,
      print: (text: string) => void (printed += text),
      store,
      made: () => Promise.resolve({ deno: "2" }),
    };
    const more = ["--out", out, "--n", "7", "--lanes", "2", "--dtype", "f32"];
    const run = (...words: string[]) =>
      evaluateModel(parseEvaluateArguments([model, ...more, ...words]), tools);
    const [lopa] = await run(
      "--task",
      "gsm-mini",
      "--method",
      "lopa-3",
      "--trace",
      trace,
    );
    assertEquals([lopa!.n, lopa!.decoder, lopa!.settings.name], [
      7,
      "lopa-3",
      "lopa",
    ]);
    assert(lopa!.score > 0.3 && lopa!.tpf > 1.5);
    assertStringIncludes(
      printed,
      "gsm-mini test, lopa-3, f32, problems 0 to 6",
    );
    assertStringIncludes(printed, `solved ${Math.round(7 * lopa!.score)} of 7`);
    assertStringIncludes(printed, "kind: sum");
    assertEquals(task.calls.closed, 1);
    const traces = parseTraces(await Deno.readTextFile(trace));
    assertEquals(traces.map(({ header }) => header.sample).sort(), [
      0,
      1,
      2,
      3,
      4,
      5,
      6,
    ]);
    const facts = await new OpenModels({ folder: checkpoints }).facts(
      "dream-tiny",
    );
    const decoder = trainedDecoder(method("lopa", { lookaheads: 3 }), {
      ...{ family: "dream", task: task.name },
      maxNewTokens: task.maxNewTokens,
    });
    const range = { split: "test", first: 0, count: 7 } as const;
    const identity = decodedIdentity({ ...range, decoder }, {
      model: facts.digest,
      task: promptsDigest(task.digest, facts.tokenizer),
      precision: "f32",
    });
    const kept = await store.read(identity) as StoredCell<Evaluation> | null;
    assertEquals(kept?.made, { deno: "2" });
    assertEquals(score(kept!.result.rows).accuracy, lopa!.score);
    const [, code] = await run();
    assertEquals([code!.task, code!.decoder], ["code-mini", "one-by-one"]);
    const [own] = await run(
      "--task",
      "gsm-mini",
      "--decoder",
      "d2f",
      "--block-size",
      "8",
    );
    assertEquals(own!.settings.options?.blockSize, 8);
    using checkpoint = await loadCheckpoint(model);
    const known = await readEvaluation(folder.path, checkpoint.digest);
    assertEquals(
      known!.evaluation.rows.map(({ task, decoder }) => [task, decoder]),
      [
        ["code-mini", "one-by-one"],
        ["gsm-mini", "d2f"],
        ["gsm-mini", "lopa-3"],
        [
          "gsm-mini",
          "one-by-one",
        ],
      ],
    );
    for (
      const [words, message] of [
        [["--task", "chess"], "the tasks are gsm-mini, code-mini"],
        [["--method", "lopa"], 'Cannot use method "lopa"'],
        [["--method", "toString"], 'Cannot use method "toString"'],
        [["--decoder", "d2f", "--lookaheads", "3"], 'no option "lookaheads"'],
      ] as const
    ) {
      await assertRejects(() => run(...words), Error, message);
    }
    const adapted = parseEvaluateArguments([model, "--adapter", "x"]);
    await assertRejects(
      () => evaluateModel(adapted, tools),
      UsageError,
      "--out",
    );
  },
);
