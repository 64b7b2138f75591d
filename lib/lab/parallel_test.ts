/** A decode over processes that was killed goes on with fewer of them, to the same output. */
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { parseTraces } from "../decoding/trace_reader.ts";
import { type JobEnd, mpiTest, runJob } from "../parallel/_mpi_fixture.ts";
import { UsageError } from "./command_line.ts";
import { goldenDirectory } from "./golden_archive.ts";
import { parseParallelArguments } from "./parallel_arguments.ts";

const GIVEN = ["--model", "m", "--prompt", "p"];

Deno.test("the command line of a job", () => {
  const args = parseParallelArguments([
    ...GIVEN,
    "--protocol",
    "single-phase",
    "--rounds",
    "f",
    "--resume",
    "--lookaheads",
    "3",
  ]);
  assert(args.kind === "decode");
  assertEquals([args.protocol, args.mesh], ["single-phase", null]);
  assertEquals([args.rounds, args.resume], ["f", true]);
  assertEquals(args.generate.threads, 1);
  assertEquals(args.generate.options, { lookaheads: 3 });
  const sharded = parseParallelArguments([...GIVEN, "--parallel", "bp=2,tp=2"]);
  assert(sharded.kind === "decode");
  assertEquals(sharded.mesh, { bp: 2, tp: 2 });
  assertEquals(parseParallelArguments(["--bench", "9"]), {
    kind: "bench",
    rounds: 9,
  });
});

Deno.test("what is wrong with the command line of a job is named", () => {
  for (
    const [args, message] of [
      [[...GIVEN, "--resume"], "--rounds FILE is missing"],
      [[...GIVEN, "--protocol", "one"], 'got "one", want two-phase or'],
      [[...GIVEN, "--timeout-ms", "0"], "at least 1"],
      [[...GIVEN, "--parallel", "tp=0"], "Cannot read --parallel: tp=0"],
      [[...GIVEN, "--parallel", "2x2"], 'such as "bp=2,tp=1"'],
      [["--bench"], "its value is missing"],
    ] as const
  ) {
    assertThrows(() => parseParallelArguments(args), UsageError, message);
  }
});

/** Decodes on some processes. */
async function decodeOver(
  ranks: number,
  { files, args }: {
    readonly files: { readonly trace: string; readonly rounds: string };
    readonly args: readonly string[];
  },
): Promise<JobEnd> {
  const model = `${await goldenDirectory()}/checkpoints/dream-tiny`;
  return await runJob(ranks, {
    program: "lib/lab/parallel_main.ts",
    args: () => [
      "--model",
      model,
      "--prompt",
      "Q:22+10=?",
      "--max-new-tokens",
      "32",
      "--block-size",
      "16",
      "--lookaheads",
      "4",
      "--rounds",
      files.rounds,
      "--trace",
      files.trace,
      ...args,
    ],
    read: [model],
    write: [files.rounds, files.trace],
  });
}

for (const protocol of ["two-phase", "single-phase"]) {
  mpiTest(
    `${protocol}: --resume goes on from every kept round, on fewer processes, to the same output`,
    async () => {
      const files = {
        trace: await Deno.makeTempFile(),
        rounds: await Deno.makeTempFile(),
      };
      const given = protocol === "single-phase"
        ? ["--protocol", protocol, "--visibility", "block-causal"]
        : [];
      const steps = async () => {
        const [trace] = parseTraces(await Deno.readTextFile(files.trace));
        return { steps: trace!.steps, result: trace!.result };
      };
      const whole = await decodeOver(3, { files, args: given });
      assert(whole.success, whole.stderr);
      const wanted = await steps();
      const lines = (await Deno.readTextFile(files.rounds)).split("\n");
      const { forwards } = wanted.result;
      assertEquals(lines.length, 1 + forwards + 1);
      for (
        const [kept, ranks] of [[0, 2], [forwards >> 1, 2], [
          forwards - 1,
          1,
        ]] as const
      ) {
        // As a process that was killed while it wrote leaves it.
        const torn = lines[kept + 1]!.slice(0, 40);
        const text = [...lines.slice(0, kept + 1), torn].join("\n");
        await Deno.writeTextFile(files.rounds, text);
        const resumed = await decodeOver(ranks, {
          files,
          args: [...given, "--resume"],
        });
        assert(resumed.success, resumed.stderr);
        assertEquals(resumed.stdout, whole.stdout);
        assertEquals(await steps(), wanted);
        if (kept > 0) assertStringIncludes(resumed.stderr, `${kept} of them`);
      }
      await Deno.remove(files.trace);
      await Deno.remove(files.rounds);
    },
  );
}
