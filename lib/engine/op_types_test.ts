import { assertEquals, assertRejects } from "@std/assert";
import { library, nativeTest } from "./_fixture.ts";
import { OP_CODES, type OpName } from "./abi.ts";
import { Device } from "./device.ts";
import { CommandEncoder } from "./encoder.ts";
import { EngineError } from "./errors.ts";
import { HEADER_BYTES, payloadBytes, RECORD_BYTES } from "./ops.ts";

const OPS = Object.keys(OP_CODES) as OpName[];

/** A record of one operation whose payload is all zeros but for its length. */
function blank(
  params: { id: bigint },
  name: OpName,
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const header = new CommandEncoder({ params }).finish();
  const commands = new Uint8Array(HEADER_BYTES + RECORD_BYTES + bytes);
  commands.set(header);
  const view = new DataView(commands.buffer);
  view.setUint32(8, 1, true);
  view.setUint32(HEADER_BYTES, OP_CODES[name], true);
  view.setUint32(HEADER_BYTES + 4, RECORD_BYTES + bytes, true);
  return commands;
}

nativeTest(
  "the library knows every operation of the header by its name",
  async () => {
    using device = await Device.open({ library: library!, threads: 1 });
    using params = device.buffer(64);
    for (const name of OPS) {
      const native = name.replace(/[A-Z]/g, "_$&").toUpperCase();
      const bytes = payloadBytes(name);
      // Zeros are no valid payload of any operation.
      const error = await assertRejects(
        () => device.submit(blank(params, name, bytes), {}),
        EngineError,
        `record 0 (${native}): `,
      );
      assertEquals(
        ["BAD_COMMAND", "BAD_HANDLE"].includes(error.status),
        true,
        error.message,
      );
      await assertRejects(
        () => device.submit(blank(params, name, bytes + 8), {}),
        EngineError,
        `record 0 (${native}): bytes is ${RECORD_BYTES + bytes + 8}`,
      );
    }
  },
);
