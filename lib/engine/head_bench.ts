/** Output head with confidence over the vocabularies of the 192-wide model and of Qwen2 at width 896. */
import { device, planBench } from "./_bench.ts";
import { randomFloats } from "./_random.ts";
import { RESULT_BYTES } from "./abi.ts";
import { ParameterLayout, ParameterTable } from "./parameters.ts";

const HEADS = [
  { name: "192 to 4096", width: 192, vocab: 4096 },
  { name: "896 to 151936", width: 896, vocab: 151_936 },
];
const OPTIONS = {
  greedy: {},
  "bf16 confidence": { bf16: true },
  "top-p 0.95": { temperature: 0.2, topP: 0.95, uniform: 0.5 },
};

for (const { name, width, vocab } of HEADS) {
  const weight = device.weight({ dtype: "bf16", rows: vocab, columns: width });
  for (let row = 0; row < vocab; row += 4096) {
    const rows = Math.min(4096, vocab - row);
    const source = randomFloats(rows * width, row + 1);
    weight.writeRows(source, { dtype: "f32", rows, rowBegin: row });
  }
  for (const [option, sampling] of Object.entries(OPTIONS)) {
    const requests = 64;
    const layout = new ParameterLayout();
    const requestsAt = layout.reserveRequests(requests);
    const barredAt = layout.reserveIds(1);
    const table = new ParameterTable(layout);
    table.setIds(barredAt, [vocab - 1]);
    table.setRequests(
      requestsAt,
      Array.from({ length: requests }, (_, row) => ({ row, ...sampling })),
    );
    const hidden = device.buffer(4 * requests * width);
    hidden.write(randomFloats(requests * width, 3));
    const out = device.buffer(RESULT_BYTES * requests);
    planBench({
      group: "output head",
      name: `${name}, ${option}`,
      baseline: width === 192 && option === "greedy",
      params: table.words,
      record: (encoder) =>
        encoder.head({
          hidden,
          out,
          weight,
          hiddenStride: width,
          maxRows: requests,
          vocab,
          requestsAt,
          maxRequests: requests,
          barredAt,
        }),
      operations: 2 * requests * width * vocab,
      dtype: "bf16",
    });
  }
}
