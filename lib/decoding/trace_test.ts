import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { anyTrace } from "./_trace_arbitrary.ts";
import { parseTrace, parseTraces, TraceReader } from "./trace_reader.ts";
import { type Trace, TraceError } from "./trace_types.ts";
import {
  headerLine,
  resultLine,
  stepLine,
  timingLine,
  traceText,
  TraceWriter,
} from "./trace_writer.ts";

function expectFault(
  text: string,
  wanted: { fault: TraceError["fault"]; line: number; text: string },
): void {
  const error = assertThrows(() => parseTraces(text));
  assertInstanceOf(error, TraceError);
  assertEquals([error.fault, error.line], [wanted.fault, wanted.line]);
  assertStringIncludes(error.message, wanted.text);
}

const sample = fc.sample(anyTrace, { numRuns: 200, seed: 7 })
  .find((one) => one.steps.length >= 2 && one.timings.length > 0)!;

Deno.test("traceText: every trace reads back exactly, every field of every record", () => {
  fc.assert(
    fc.property(anyTrace, (given) => {
      const text = traceText(given);
      assertEquals(parseTrace(text), given);
      assertEquals(traceText(parseTrace(text)), text);
    }),
    { numRuns: 300, seed: 11 },
  );
});

Deno.test("traceText: the order of keys in options and records does not change the bytes", () => {
  const reversed = (value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
      !(value instanceof Int32Array)
      ? Object.fromEntries(
        Object.entries(value).reverse().map(([k, v]) => [k, reversed(v)]),
      )
      : Array.isArray(value)
      ? value.map(reversed)
      : value;
  fc.assert(
    fc.property(anyTrace, (given) => {
      assertEquals(traceText(reversed(given) as Trace), traceText(given));
    }),
    { numRuns: 100, seed: 12 },
  );
});

Deno.test("traceText: negative zero and the extremes of doubles survive", () => {
  for (const value of [-0, 0, 5e-324, Number.MAX_VALUE, Math.fround(0.1)]) {
    const step = stepLine({
      ...sample.steps[0]!,
      index: 1,
      transferProbability: value,
    });
    const reader = new TraceReader();
    reader.push(headerLine(sample.header).trimEnd());
    reader.push(step.trimEnd());
    reader.push(resultLine(sample.result).trimEnd());
    const read = reader.finish()!.steps[0]!.transferProbability;
    assert(Object.is(read, value), `${value} came back as ${read}`);
  }
});

Deno.test("stepLine: numbers that are not finite are refused", () => {
  for (const score of [NaN, Infinity, -Infinity]) {
    const fill = {
      position: 1,
      token: 2,
      score,
      probability: 0.5,
      kind: "forced",
    } as const;
    assertThrows(
      () => stepLine({ ...sample.steps[0]!, fills: [fill] }),
      RangeError,
      "cannot hold",
    );
  }
});

Deno.test("headerLine: options that JSON cannot hold are refused", () => {
  for (const bad of [undefined, () => 1, 3n, NaN]) {
    const decoder = { name: "x", options: { bad } };
    assertThrows(() => headerLine({ ...sample.header, decoder }), RangeError);
  }
});

Deno.test("TraceWriter: streamed lines equal the whole text, and the trace is kept", async () => {
  let text = "";
  const writer = await TraceWriter.begin(sample.header, (line) => {
    text += line;
  });
  for (const step of sample.steps) await writer.step(step);
  const kept = await writer.end(sample.result);
  for (const timing of sample.timings) await writer.timing(timing);
  assertEquals(text, traceText(sample));
  assertEquals(kept, sample);
});

Deno.test("parseTraces: several traces in one text come apart again", () => {
  const plain = { ...sample, timings: [] };
  assertEquals(
    parseTraces(traceText(sample) + traceText(plain)),
    [sample, plain],
  );
  assertEquals(parseTraces(""), []);
  assertThrows(() => parseTrace(""), TraceError, "0 traces");
  assertThrows(
    () => parseTrace(traceText(sample) + traceText(plain)),
    TraceError,
    "2 traces",
  );
});

Deno.test("TraceReader: faults are named with their line", () => {
  const head = headerLine(sample.header);
  const step = stepLine(sample.steps[0]!);
  const end = resultLine(sample.result);
  const timing = timingLine({ step: 1, wallMs: 1 });
  expectFault("{\n", { fault: "json", line: 1, text: "JSON" });
  expectFault("[]\n", { fault: "json", line: 1, text: "not an object" });
  expectFault(`${head}\n${end}`, { fault: "json", line: 2, text: "JSON" });
  expectFault('{"type":"note"}\n', { fault: "field", line: 1, text: "note" });
  expectFault(step, { fault: "order", line: 1, text: "before any header" });
  expectFault(head + end + step, {
    fault: "order",
    line: 3,
    text: "after the result",
  });
  expectFault(head + end + end, { fault: "order", line: 3, text: "result" });
  expectFault(head + step, { fault: "truncated", line: 2, text: "1 steps" });
  expectFault(head + head + end, {
    fault: "truncated",
    line: 2,
    text: "without a result",
  });
  expectFault(head + step + step + end, {
    fault: "order",
    line: 3,
    text: "step.index is 1, wanted 2",
  });
  expectFault(head + timing + end, {
    fault: "field",
    line: 3,
    text: "step 1 of 0",
  });
  expectFault(head.replace('"version":1', '"version":2') + end, {
    fault: "version",
    line: 1,
    text: "version 2",
  });
  expectFault(head.replace("dllm-lab-trace", "other") + end, {
    fault: "version",
    line: 1,
    text: '"other"',
  });
});

Deno.test("TraceReader: missing, unknown and ill-typed fields are named", () => {
  const head = headerLine(sample.header);
  const cases: [Record<string, unknown>, string][] = [
    [{ winner: undefined }, "winner holds nothing"],
    [{ winner: -1 }, "winner holds -1, wanted a count"],
    [{ winner: 0.5 }, "winner holds 0.5"],
    [{ surprise: 1 }, "surprise holds 1, wanted only"],
    [{ pass: "maybe" }, "wanted one of refresh, cached"],
    [{ fills: 3 }, "fills holds 3, wanted a list"],
    [{ fills: [[1, 2, 0, 0]] }, "wanted [position, token, score"],
    [{ fills: [[1, 2, 0, "x", "free"]] }, "fills[0].probability"],
    [{ spawned: [[1, 2, 0, 0, 0, 0]] }, "spawned[0].anchor"],
    [{ eosSeen: 1 }, "eosSeen holds 1, wanted true or false"],
    [{ window: null }, "window holds null"],
  ];
  for (const [change, text] of cases) {
    const { type: _, ...fields } = JSON.parse(stepLine(sample.steps[0]!));
    const line = JSON.stringify({ type: "step", ...fields, ...change });
    expectFault(`${head}${line}\n`, { fault: "field", line: 2, text });
  }
});

Deno.test("parseTraces: any damage gives a trace or a TraceError, never anything else", () => {
  const bytes = traceText(sample);
  const damage = fc.record({
    at: fc.nat({ max: bytes.length }),
    cut: fc.nat({ max: 40 }),
    put: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom(
        "\n",
        "null",
        "-1",
        "1e999",
        '"',
        "{",
        "]",
        '"__proto__":1,',
      ),
    ),
  });
  let faults = 0;
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (edits) => {
      let text = bytes;
      for (const { at, cut, put } of edits) {
        text = text.slice(0, at) + put + text.slice(at + cut);
      }
      try {
        for (const read of parseTraces(text)) traceText(read);
      } catch (error) {
        assertInstanceOf(error, TraceError);
        assert(error.line >= 1);
        faults += 1;
      }
    }),
    { numRuns: 3000, seed: 13 },
  );
  assert(faults > 1000, `${faults} faults`);
});
