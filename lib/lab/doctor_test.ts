import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  atLeast,
  denoFinding,
  examine,
  type Finding,
  OLDEST_DENO,
  report,
} from "./doctor.ts";

Deno.test("atLeast() compares numbers, not texts", () => {
  for (const version of ["2.9.5", "2.9.10", "2.10.0", "3.0.0-rc.1"]) {
    assertEquals(atLeast(version, "2.9.5"), true, version);
  }
  for (const version of ["2.9.4", "2.8.99", "1.46.3"]) {
    assertEquals(atLeast(version, "2.9.5"), false, version);
  }
});

Deno.test("denoFinding() refuses an old Deno and says how to get a new one", () => {
  const { state, text } = denoFinding("2.9.4");
  assertEquals(state, "missing");
  assertStringIncludes(text, OLDEST_DENO);
  assertStringIncludes(text, "npx");
  assertEquals(denoFinding(Deno.version.deno).state, "ok");
});

Deno.test("report() names what is missing and nothing that is merely absent", () => {
  const ok: Finding = { subject: "Deno", state: "ok", text: "2.9.6" };
  const absent: Finding = { subject: "JSR", state: "absent", text: "no" };
  const missing: Finding = {
    subject: "compiler",
    state: "missing",
    text: "no",
  };
  assertStringIncludes(report([ok, absent]), "This machine can run");
  assertStringIncludes(report([ok, absent, missing]), "yet: see compiler.");
  assertEquals(report([ok, absent]).split("\n")[1], "absent   JSR   no");
});

Deno.test({
  name:
    "examine() looks at every subject without failing where it may not look",
  permissions: {
    read: "inherit",
    run: false,
    net: false,
    env: false,
    ffi: false,
  },
  async fn() {
    const findings = await examine();
    const state = (subject: string) =>
      findings.find((finding) => finding.subject === subject)?.state;
    assertEquals(state("Deno"), "ok");
    assertEquals(state("JSR"), "absent");
    assertEquals(state("Jupyter"), "absent");
    assertEquals(state("NVIDIA GPU (CUDA)"), "absent");
    assertEquals(findings.length, 9);
  },
});
