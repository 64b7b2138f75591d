/** What one crossing of the boundary costs: an empty plan and a plan of one small norm, blocking and not. */
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";

const device = await Device.open({ threads: 1 });
const params = device.buffer(4);
const empty = device.plan(new CommandEncoder({ params }).finish());

const encoder = new CommandEncoder({ params });
const hidden = device.buffer(4 * 64);
const gain = device.buffer(4 * 64);
encoder.rmsNorm({
  input: hidden,
  gain,
  out: hidden,
  width: 64,
  inStride: 64,
  outStride: 64,
  rowsAt: 0,
  maxRows: 1,
  eps: 1e-6,
});
const commands = encoder.finish();
const norm = device.plan(commands);

const words = Int32Array.of(1);
const out = new Uint8Array(0);
const group = "submit overhead";

Deno.bench(
  { group, name: "empty plan, blocking", baseline: true },
  async () => {
    await empty.run(words, out, { blocking: true });
  },
);
Deno.bench({ group, name: "empty plan, nonblocking" }, async () => {
  await empty.run(words, out, { blocking: false });
});
Deno.bench({ group, name: "plan of one norm, blocking" }, async () => {
  await norm.run(words, out, { blocking: true });
});
Deno.bench({ group, name: "submit of one norm, blocking" }, async () => {
  await device.submit(commands, { params: words, out, blocking: true });
});
