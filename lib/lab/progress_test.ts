import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Estimate } from "./estimate.ts";
import {
  formatProgress,
  formatSeconds,
  type ProgressState,
} from "./progress.ts";
import { terminalProgress } from "./progress_terminal.ts";

const STATE: ProgressState = {
  title: "tpf-scaling",
  done: 3,
  total: 12,
  reused: 2,
  label: "dream-tiny 4 lookaheads",
  fraction: 0.25,
  elapsedSeconds: 8,
  leftSeconds: 75,
};

Deno.test("Estimate scales declared seconds by the pace of finished cells", () => {
  const estimate = new Estimate(10);
  assertEquals(estimate.left(), 10);
  assertEquals(estimate.left(4, 0.5), 8);
  estimate.finished(4, 8);
  assertAlmostEquals(estimate.left(), 12);
  assertAlmostEquals(estimate.left(6, 0.5), 6);
  estimate.finished(6, 2);
  assertEquals(estimate.left(), 0);
});

Deno.test("formatSeconds() and formatProgress() write for people", () => {
  assertEquals([0.44, 9.96, 12.4, 59.7, 200, 3900].map(formatSeconds), [
    "0.4 s",
    "10.0 s",
    "12 s",
    "1 min 00 s",
    "3 min 20 s",
    "1 h 05 min",
  ]);
  assertEquals(
    formatProgress(STATE),
    "tpf-scaling 3/12 · 2 reused · dream-tiny 4 lookaheads 25% · 1 min 15 s left",
  );
  assertEquals(
    formatProgress({ ...STATE, done: 12, label: "", reused: 0 }),
    "tpf-scaling 12/12 · 8.0 s",
  );
});

Deno.test("terminalProgress() updates one line on a terminal and cuts it to the width", () => {
  let text = "", time = 0;
  const progress = terminalProgress({
    tty: true,
    columns: 20,
    write: (part) => text += part,
    now: () => time,
  });
  progress.update(STATE);
  progress.update(STATE);
  time = 200;
  progress.update({ ...STATE, done: 4 });
  progress.finish({ ...STATE, done: 12, label: "" });
  assertEquals(
    text,
    "\r\x1b[Ktpf-scaling 3/12 · \r\x1b[Ktpf-scaling 4/12 · \r\x1b[Ktpf-scaling 12/12 ·\n",
  );
});

Deno.test("terminalProgress() writes plain lines in a log, seldom, and always the last", () => {
  const lines: string[] = [];
  let time = 0;
  const progress = terminalProgress({
    tty: false,
    write: (line) => lines.push(line),
    now: () => time,
  });
  for (time = 0; time < 12_000; time += 500) progress.update(STATE);
  progress.finish({ ...STATE, done: 12, label: "" });
  assertEquals(lines.length, 4);
  assertEquals(lines.at(-1), "tpf-scaling 12/12 · 2 reused · 8.0 s\n");
});
