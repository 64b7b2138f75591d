import { assertEquals, assertThrows } from "@std/assert";
import {
  parseStudentMethod,
  studentDecoder,
  studentMethod,
  studentMethodName,
} from "./dparallel_methods.ts";

Deno.test("methods come back from their names; others are left to the rest of the lab", () => {
  for (
    const wanted of [
      studentMethod("sequential"),
      studentMethod("entropy", 0.45),
      studentMethod("window-lopa", 7),
    ]
  ) {
    assertEquals(parseStudentMethod(studentMethodName(wanted)), wanted);
  }
  assertEquals(parseStudentMethod("vanilla"), null);
  assertEquals(parseStudentMethod("lopa-7"), null);
  assertThrows(() => parseStudentMethod("entropy"), RangeError, "a number");
  assertThrows(() => parseStudentMethod("four-2"), RangeError, "no number");
  assertThrows(() => parseStudentMethod("entropy-1.2.3"), RangeError);
});

Deno.test("all methods without a cache have the same blocks on both families", () => {
  for (const family of ["llada", "dream"] as const) {
    const place = { family, task: "gsm-mini", maxNewTokens: 60 };
    const made = [
      "sequential",
      "four",
      "confidence-0.9",
      "entropy-0.5",
      "window-lopa-3",
    ]
      .map((name) => studentDecoder(parseStudentMethod(name)!, place));
    for (const { options } of made) {
      assertEquals([options.maxNewTokens, options.blockSize], [64, 16]);
    }
    assertEquals(
      made.map(({ options }) => options.steps),
      [64, 16, 64, family === "llada" ? 64 : undefined, undefined],
    );
    assertEquals(made[3]!.options.entropyThreshold, 0.5);
    const d2f = studentDecoder(studentMethod("d2f", 0.8), place);
    assertEquals(d2f.options.confidenceThreshold, 0.8);
    const lopa = studentDecoder(studentMethod("lopa", 5), place);
    assertEquals(lopa.options.lookaheads, 5);
    assertEquals(studentDecoder(studentMethod("one-token"), place).name, "d2f");
  }
});
