import { assert, assertEquals, assertThrows } from "@std/assert";
import { codeMini } from "./code_mini.ts";
import { TaskError } from "./errors.ts";
import { calculate, digitByDigit } from "./gsm_chain.ts";
import { checkWorked, type WorkedProblem } from "./gsm_check.ts";
import { gsmMiniFree } from "./gsm_free.ts";
import { readLine, WORDINGS, writeLine } from "./gsm_lines.ts";
import { gsmMini, type GsmProblem } from "./gsm_mini.ts";
import { PERSONS } from "./gsm_themes.ts";

const problems = Array.from(
  { length: 2000 },
  (_, i) => gsmMini.problem("train", i) as GsmProblem,
);

/** Tom has 7 pens, buys 5, and gives a third: 7 + 5 = 12, 12 / 3 = 4. */
const TOM: WorkedProblem = {
  steps: [
    { left: 7, operator: "+", right: 5, result: 12 },
    { left: 12, operator: "/", right: 3, result: 4 },
  ],
  cast: { persons: [0, 0, 0].map((i) => PERSONS[i]!), things: "pens" },
};

/** Verdicts of the lines, one letter each. */
function verdicts(...lines: string[]): string {
  const { lines: judged } = checkWorked(TOM, lines.join("\n"));
  return judged!.map(({ correct }) => correct ? "+" : "-").join("");
}

Deno.test("gsm-mini: every reference answer is right, line by line", async () => {
  for (const problem of problems) {
    const grade = await gsmMini.grade(problem, problem.answer);
    assert(grade.correct, problem.id);
    assert(grade.lines!.every(({ correct }) => correct), problem.answer);
    assertEquals(grade.lines!.length, problem.steps.length + 1);
  }
});

Deno.test("gsm-mini: one to four dependent steps with operands and results in their ranges", () => {
  for (const { steps, prompt } of problems) {
    assert(steps.length >= 1 && steps.length <= 4);
    for (const [i, { left, operator, right, result }] of steps.entries()) {
      if (i > 0) assertEquals(left, steps[i - 1]!.result);
      assertEquals(calculate(left, operator, right), result);
      assert(right >= 2 && right <= ("+-".includes(operator) ? 20 : 5));
      assert(Number.isInteger(result) && result >= 1 && result <= 99);
      assert(digitByDigit(left, operator, right), `${left}${operator}${right}`);
    }
    const written = (prompt.match(/\d+/g) ?? []).map(Number);
    assertEquals(written, [
      steps[0]!.left,
      ...steps.map(({ right }) => right),
    ]);
  }
});

Deno.test("digitByDigit() refuses what carries, borrows or leaves a remainder", () => {
  for (let left = 0; left <= 99; left++) {
    for (let right = 1; right <= 99; right++) {
      const digits = (number: number) => String(number).padStart(2, "0");
      const placeByPlace = (operator: "+" | "-" | "*" | "/") =>
        [0, 1].map((place) =>
          calculate(
            Number(digits(left)[place]),
            operator,
            "+-".includes(operator) ? Number(digits(right)[place]) : right,
          )
        );
      for (const operator of ["+", "-", "*", "/"] as const) {
        if ("*/".includes(operator) && right > 9) continue;
        const whole = placeByPlace(operator).every((digit) =>
          Number.isInteger(digit) && digit >= 0 && digit <= 9
        );
        assertEquals(
          digitByDigit(left, operator, right),
          whole,
          `${left}${operator}${right}`,
        );
      }
    }
  }
});

Deno.test("gsm-mini: a prompt names everyone that its answer may speak of", () => {
  for (const { prompt, cast } of problems) {
    for (const { name } of cast.persons) assert(prompt.includes(name), prompt);
  }
});

Deno.test("gsm-mini: lines are read as they were written, and the numbers are what counts", () => {
  for (const [wording] of WORDINGS) {
    for (const operator of ["+", "-", "*", "/"] as const) {
      const content = {
        operator,
        left: 24,
        right: 3,
        result: calculate(24, operator, 3),
        referent: "She",
        things: "cups",
      };
      const line = readLine(writeLine(wording, content));
      assert(line !== null && line !== "torn");
      const { referent: _, things: __, ...numbers } = content;
      const { referent: ___, things: ____, ...read } = line;
      assertEquals(read, numbers);
    }
  }
});

Deno.test("gsm-mini: the checker tells which line is wrong", () => {
  assertEquals(verdicts("7 + 5 = 12", "12 / 3 = 4", "#### 4"), "+++");
  assertEquals(verdicts("5 + 7 = 12", "12 over 3 is 4", "#### 4"), "+++");
  assertEquals(
    verdicts("Tom gets 7 + 5 = 12", "Dividing 12 by 3 gives 4", "#### 4"),
    "+++",
  );
  assertEquals(verdicts("7 + 5 = 13", "12 / 3 = 4", "#### 4"), "--+");
  assertEquals(
    verdicts("7 + 5 = 15", "15 / 3 = 5", "#### 5"),
    "-+-",
    "a line may follow from a wrong one",
  );
  assertEquals(verdicts("7 + 6 = 13", "13 / 3 = 4", "#### 4"), "--+");
  assertEquals(verdicts("7 - 5 = 2", "12 / 3 = 4", "#### 4"), "--+");
  assertEquals(verdicts("7 + + 5 = 12", "12 / 3 = 4", "#### 4"), "--+");
  assertEquals(verdicts("07 + 5 = 12", "12 / 3 = 4", "#### 4"), "--+");
  assertEquals(verdicts("3 / 12 = 4", "12 / 3 = 4", "#### 4"), "--+");
  assertEquals(
    verdicts("7 + 5 = 12. Tom has 13 pens", "12 / 3 = 4", "#### 4"),
    "--+",
  );
  assertEquals(
    verdicts("That makes 7 + 5 = 12 cups", "12 / 3 = 4", "#### 4"),
    "-++",
  );
  assertEquals(
    verdicts("Ann gets 7 + 5 = 12", "She gets 12 / 3 = 4", "#### 4"),
    "--+",
  );
  assertEquals(
    verdicts("Tom gets 7 + 5 = 12", "He gets 12 / 3 = 4", "#### 4"),
    "+-+",
  );
  assertEquals(
    verdicts("7 + 5 = 12", "12 / 3 = 4", "4 + 5 = 9", "#### 4"),
    "++-+",
  );
});

Deno.test("gsm-mini: the last line decides, and has to be the one final answer", () => {
  assertEquals(checkWorked(TOM, "#### 4").correct, true);
  for (
    const answer of [
      "",
      "4",
      "#### 5",
      "#### 4.",
      "#### 04",
      "####4",
      "#### 4\n",
      "#### 4\n#### 4",
      "#### 5\n#### 4",
      "#### 4 #### 4",
      "7 + 5 = 12",
      "\u0000",
    ]
  ) {
    const { correct, reason } = checkWorked(TOM, answer);
    assertEquals(correct, false, answer);
    assert(reason !== "correct");
  }
});

Deno.test("gsm-mini-free: every reference answer is right, and so is any other that fits", async () => {
  for (let i = 0; i < 500; i++) {
    const problem = gsmMiniFree.problem("train", i);
    const { correct, lines } = await gsmMiniFree.grade(problem, problem.answer);
    assert(correct && lines!.every(({ correct }) => correct), problem.answer);
    assert(problem.choiceBits > 0, problem.prompt);
  }
  const of = (kind: string, target: number, above: number) => ({
    ...gsmMiniFree.problem("train", 0),
    condition: { kind, target, above },
  });
  const grade = async (problem: ReturnType<typeof of>, answer: string) => {
    const { correct, lines } = await gsmMiniFree.grade(problem, answer);
    return (correct ? "+" : "-") +
      lines!.map(({ correct }) => correct ? "+" : "-").join("");
  };
  const pair = of("sum2", 14, 3);
  assertEquals(await grade(pair, "5 + 9 = 14\n#### 5 9"), "+++");
  assertEquals(await grade(pair, "10 + 4 = 14\n#### 10 4"), "+++");
  assertEquals(await grade(pair, "5 + 9 = 14\n#### 6 8"), "+++");
  assertEquals(await grade(pair, "5 + 8 = 14\n#### 5 9"), "+-+");
  assertEquals(await grade(pair, "#### 3 11"), "--");
  assertEquals(await grade(pair, "#### 5 8"), "--");
  assertEquals(await grade(pair, "#### 5 5 4"), "--");
  assertEquals(await grade(pair, "#### 5 x"), "--");
  assertEquals(await grade(pair, "5 9"), "--");
  const gap = of("gap", 7, 2);
  assertEquals(await grade(gap, "12 - 5 = 7\n#### 12 5"), "+++");
  assertEquals(await grade(gap, "#### 5 12"), "++");
  assertEquals(await grade(of("sum3", 20, 1), "#### 2 8 10"), "++");
});

Deno.test("A problem of another task is refused", () => {
  const code = codeMini().problem("train", 0);
  for (const task of [gsmMini, gsmMiniFree]) {
    assertThrows(() => task.grade(code, "#### 1"), TaskError, task.name);
  }
});
