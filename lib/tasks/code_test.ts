import { assert, assertEquals, assertRejects } from "@std/assert";
import { CASES } from "./code_cases.ts";
import { codeMini } from "./code_mini.ts";
import type { CodeProblem } from "./code_problem.ts";
import { TaskError } from "./errors.ts";
import { gsmMini } from "./gsm_mini.ts";

const task = codeMini({ usesPerProcess: 1000 });
const problems = Array.from(
  { length: 1000 },
  (_, i) => task.problem("train", i) as CodeProblem,
);

Deno.test("code-mini: every reference answer passes its asserts, in every family and style", async () => {
  const grades = await Promise.all(
    problems.map((problem) => task.grade(problem, problem.answer)),
  );
  await task.close();
  for (const [i, { correct, reason }] of grades.entries()) {
    assert(correct, `${problems[i]!.prompt} ${problems[i]!.answer}: ${reason}`);
  }
  const families = new Set(problems.map(({ labels }) => labels.family));
  assertEquals(families.size, 14);
});

Deno.test("code-mini: the asserts tell a function from others of its kind", async () => {
  const near: [CodeProblem, string][] = [];
  for (const [i, problem] of problems.entries()) {
    // "plus 1 is even" is "odd", and "times 2 is above 20" is "above 10".
    if (/even|odd|^test/.test(problem.key)) continue;
    const twin = problems.slice(i + 1).find((other) =>
      other.labels.family === problem.labels.family &&
      other.key.split(":")[0] !== problem.key.split(":")[0]
    );
    if (twin === undefined || near.length >= 200) continue;
    near.push([
      problem,
      twin.answer.replace(twin.functionName, problem.functionName),
    ]);
  }
  const grades = await Promise.all(
    near.map(([problem, answer]) => task.grade(problem, answer)),
  );
  await task.close();
  const passed = near.filter((_, i) => grades[i]!.correct);
  assertEquals(passed.map(([{ prompt }, answer]) => prompt + answer), []);
});

Deno.test("code-mini: the asserts notice a constant that is off by one", async () => {
  const near = problems.slice(0, 400)
    .filter(({ key }) => !/^test\/\*/.test(key))
    .map((problem) => ({
      problem,
      answer: problem.answer.replace(
        /(\d+)(?=\D*$)/,
        (number) => String(Number(number) + 1),
      ),
    }))
    .filter(({ problem, answer }) => answer !== problem.answer);
  const grades = await Promise.all(
    near.map(({ problem, answer }) => task.grade(problem, answer)),
  );
  await task.close();
  const passed = near.filter((_, i) => grades[i]!.correct);
  assertEquals(
    passed.map(({ problem, answer }) => problem.prompt + answer),
    [],
  );
});

Deno.test("code-mini: asserts have different inputs and plain results; comparisons are tried on both sides of their bound", () => {
  for (const { cases, labels, key } of problems) {
    assert(cases.length >= CASES);
    const inputs = new Set(cases.map(({ input }) => JSON.stringify(input)));
    assertEquals(inputs.size, cases.length);
    for (const { input, expected } of cases) {
      const plain = JSON.parse(JSON.stringify([input, expected]));
      assertEquals(JSON.stringify(plain), JSON.stringify([input, expected]));
      assert(!JSON.stringify(expected).includes("null"), key);
    }
    if (labels.family !== "test") continue;
    const results = new Set(cases.map(({ expected }) => expected));
    assertEquals(results.size, 2, key);
  }
});

Deno.test("code-mini: mixing two styles breaks the code", async () => {
  const { functionName, cases } = problems.find(({ key }) =>
    /^linear\/\+\d+:/.test(key)
  )!;
  const problem = problems.find((each) => each.cases === cases)!;
  const [{ input, expected }] = cases as [CodeProblem["cases"][number]];
  const constant = Number(expected) - Number(input[0]);
  const right = `const ${functionName} = (num) => num + ${constant};`;
  const mixed = `const ${functionName} = (num) => value + ${constant};`;
  const shells = `function ${functionName}(num) => num + ${constant};`;
  assertEquals((await task.grade(problem, right)).correct, true);
  assertEquals((await task.grade(problem, mixed)).correct, false);
  assertEquals((await task.grade(problem, shells)).correct, false);
  await task.close();
});

Deno.test("code-mini refuses problems of another task", async () => {
  await assertRejects(
    () => task.grade(gsmMini.problem("train", 0), ""),
    TaskError,
    "no problem of code-mini",
  );
});
