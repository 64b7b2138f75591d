import { assertEquals, assertThrows } from "@std/assert";
import { parseReproduceOptions } from "./options.ts";

const DEFAULTS = {
  mode: "default",
  publish: false,
  allowDirty: false,
  only: [],
  load: [],
  list: false,
  help: false,
} as const;

Deno.test("parseReproduceOptions() reads every option, values after a space or an equals sign", () => {
  assertEquals(parseReproduceOptions([]), { ...DEFAULTS, only: [], load: [] });
  assertEquals(
    parseReproduceOptions(["--quick", "--only", "a", "--only=b", "--list"]),
    { ...DEFAULTS, mode: "quick", only: ["a", "b"], list: true },
  );
  assertEquals(parseReproduceOptions(["--full", "--shard", "2/3"]), {
    ...DEFAULTS,
    mode: "full",
    only: [],
    shard: { index: 2, count: 3 },
  });
  assertEquals(
    parseReproduceOptions(["--load", "a.gz", "--load=b.gz"]),
    { ...DEFAULTS, only: [], load: ["a.gz", "b.gz"] },
  );
  assertEquals(
    parseReproduceOptions(["--publish", "--allow-dirty", "--help"]),
    { ...DEFAULTS, only: [], publish: true, allowDirty: true, help: true },
  );
});

Deno.test.each([
  [["--quik"], 'Unknown option "--quik"'],
  [["quick"], 'Unknown option "quick"'],
  [["--quick=1"], "Unknown option"],
  [["--quick", "--full"], "Choose one"],
  [["--only"], "needs a value"],
  [["--only", "--quick"], "needs a value"],
  [["--load"], "needs a value"],
  [["--shard", "3/2"], "want i/n"],
  [["--publish", "--only", "a"], "Only a whole run"],
  [["--publish", "--shard", "1/2"], "Only a whole run"],
] as [string[], string][])(
  "parseReproduceOptions() refuses %j",
  (args, message) => {
    assertThrows(() => parseReproduceOptions(args), Error, message);
  },
);
