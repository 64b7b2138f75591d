/**
 * A job of one rank that gives the functions of `ffi/mpi/dllm_mpi.h` everything that they must refuse. Used by tests only. Its
 * argument is a file on which it holds a shared lock as long as it lives.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { cString } from "../engine/_context.ts";
import { STATUS_NAMES } from "../engine/abi.ts";
import { buildMpiLibrary } from "../engine/build_mpi.ts";
import { MPI_SYMBOLS } from "./mpi_library.ts";

const alive = await Deno.open(Deno.args[0]!);
await alive.lock(false);

const { symbols: mpi } = Deno.dlopen(await buildMpiLibrary(), MPI_SYMBOLS);
const text = new Uint8Array(1024);
const error = [text, BigInt(text.length)] as const;
let refusals = 0;

/** Requires a status and its text. */
function refused(status: number, wanted: string, said: string): void {
  assertEquals(STATUS_NAMES[status], wanted, said);
  assertStringIncludes(cString(text), said);
  refusals++;
}

function done(status: number): void {
  assertEquals(STATUS_NAMES[status], "OK", cString(text));
  assertEquals(cString(text), "");
}

const number = new BigUint64Array(1), second = new BigUint64Array(1);
const flag = new Uint32Array(1), word = new Uint32Array(1);
const bytes = Uint8Array.of(1, 2, 3);
const out = new Uint8Array(3);
const TOO_MANY = 2n ** 31n;
const ALL = 0n;

/** What every function says where there is no job. */
function outside(said: string): void {
  const calls = [
    mpi.dllm_mpi_split(0, number, ...error),
    mpi.dllm_mpi_send(0, 0, bytes, 3n, number, ...error),
    mpi.dllm_mpi_probe(0, number, second, ...error),
    mpi.dllm_mpi_receive(1n, number, ...error),
    mpi.dllm_mpi_broadcast(ALL, 0, bytes, 3n, number, ...error),
    mpi.dllm_mpi_all_gather(ALL, bytes, 3n, number, ...error),
    mpi.dllm_mpi_test(1n, out, 3n, flag, ...error),
    mpi.dllm_mpi_finish(...error),
  ];
  for (const status of calls) refused(status, "INVALID_ARGUMENT", said);
}

outside("this process is in no job");
done(mpi.dllm_mpi_version(new Uint8Array(8), 8n, ...error)); // cut to fit
refused(
  mpi.dllm_mpi_version(null, 8n, ...error),
  "INVALID_ARGUMENT",
  "out is NULL",
);
refused(
  mpi.dllm_mpi_start(null, word, ...error),
  "INVALID_ARGUMENT",
  "rank is NULL",
);
refused(
  mpi.dllm_mpi_start(word, null, ...error),
  "INVALID_ARGUMENT",
  "size is NULL",
);
done(mpi.dllm_mpi_start(word, flag, ...error));
assertEquals([word[0], flag[0]], [0, 1]);
refused(
  mpi.dllm_mpi_start(word, flag, ...error),
  "INVALID_ARGUMENT",
  "joined its job already",
);

refused(
  mpi.dllm_mpi_split(2 ** 31, number, ...error),
  "INVALID_ARGUMENT",
  "color 2147483648 given",
);
refused(
  mpi.dllm_mpi_split(0, null, ...error),
  "INVALID_ARGUMENT",
  "group is NULL",
);

for (
  const [status, said] of [
    [
      () => mpi.dllm_mpi_send(1, 0, bytes, 3n, number, ...error),
      "rank 1 given; there are ranks 0 to 0",
    ],
    [
      () => mpi.dllm_mpi_send(0, 32768, bytes, 3n, number, ...error),
      "tag 32768 given; 0 to 32767",
    ],
    [
      () => mpi.dllm_mpi_send(0, 0, bytes, TOO_MANY, number, ...error),
      "2147483648 bytes given",
    ],
    [
      () => mpi.dllm_mpi_send(0, 0, null, 3n, number, ...error),
      "bytes is NULL",
    ],
    [
      () => mpi.dllm_mpi_send(0, 0, bytes, 3n, null, ...error),
      "request is NULL",
    ],
    [
      () => mpi.dllm_mpi_probe(32768, number, second, ...error),
      "tag 32768 given",
    ],
    [() => mpi.dllm_mpi_probe(0, null, second, ...error), "count is NULL"],
    [() => mpi.dllm_mpi_probe(0, number, null, ...error), "message is NULL"],
    [() => mpi.dllm_mpi_receive(1n, null, ...error), "request is NULL"],
    [
      () => mpi.dllm_mpi_broadcast(ALL, 1, bytes, 3n, number, ...error),
      "rank 1 given",
    ],
    [
      () => mpi.dllm_mpi_broadcast(ALL, 0, bytes, TOO_MANY, number, ...error),
      "2147483648 bytes given",
    ],
    [
      () => mpi.dllm_mpi_broadcast(ALL, 0, null, 3n, number, ...error),
      "bytes is NULL",
    ],
    [
      () => mpi.dllm_mpi_broadcast(ALL, 0, bytes, 3n, null, ...error),
      "request is NULL",
    ],
    [
      () => mpi.dllm_mpi_all_gather(ALL, bytes, TOO_MANY, number, ...error),
      "2147483648 bytes given",
    ],
    [
      () => mpi.dllm_mpi_all_gather(ALL, null, 3n, number, ...error),
      "bytes is NULL",
    ],
    [
      () => mpi.dllm_mpi_all_gather(ALL, bytes, 3n, null, ...error),
      "request is NULL",
    ],
  ] as const
) refused(status(), "INVALID_ARGUMENT", said);

for (
  const [status, said] of [
    [
      () => mpi.dllm_mpi_receive(99n, number, ...error),
      "no message has the id 99",
    ],
    [
      () => mpi.dllm_mpi_test(99n, out, 3n, flag, ...error),
      "no request has the id 99",
    ],
    [
      () => mpi.dllm_mpi_broadcast(99n, 0, bytes, 3n, number, ...error),
      "no group has the id 99",
    ],
    [
      () => mpi.dllm_mpi_all_gather(99n, bytes, 3n, number, ...error),
      "no group has the id 99",
    ],
  ] as const
) refused(status(), "BAD_HANDLE", said);

/** Tests a request until it is done. */
function settle(
  request: bigint,
  into: Uint8Array<ArrayBuffer> | null,
  size: bigint,
): void {
  do done(mpi.dllm_mpi_test(request, into, size, flag, ...error)); while (
    flag[0] === 0
  );
}

// A request that is open: wrong ways to ask for it leave it as it is.
done(mpi.dllm_mpi_split(7, second, ...error));
for (const group of [ALL, second[0]!]) {
  done(mpi.dllm_mpi_all_gather(group, bytes, 3n, number, ...error));
  const request = number[0]!;
  refused(
    mpi.dllm_mpi_test(request, out, 2n, flag, ...error),
    "INVALID_ARGUMENT",
    "this request brings 3 bytes",
  );
  refused(
    mpi.dllm_mpi_test(request, null, 3n, flag, ...error),
    "INVALID_ARGUMENT",
    "out is NULL",
  );
  refused(
    mpi.dllm_mpi_test(request, out, 3n, null, ...error),
    "INVALID_ARGUMENT",
    "done is NULL",
  );
  refused(
    mpi.dllm_mpi_finish(...error),
    "INVALID_ARGUMENT",
    "1 requests are open",
  );
  settle(request, out, 3n);
  assertEquals(out, bytes);
  refused(
    mpi.dllm_mpi_test(request, out, 3n, flag, ...error),
    "BAD_HANDLE",
    "or is done",
  );
  out.fill(0);
}

// A message to itself, which must be received before the job is left, and only once.
done(mpi.dllm_mpi_send(0, 5, bytes, 3n, number, ...error));
settle(number[0]!, null, 0n);
do done(mpi.dllm_mpi_probe(5, number, second, ...error)); while (
  number[0] === 2n ** 64n - 1n
);
const message = second[0]!;
refused(
  mpi.dllm_mpi_finish(...error),
  "INVALID_ARGUMENT",
  "1 messages not received",
);
done(mpi.dllm_mpi_receive(message, number, ...error));
settle(number[0]!, out, 3n);
assertEquals(out, bytes);
refused(
  mpi.dllm_mpi_receive(message, number, ...error),
  "BAD_HANDLE",
  "or is received",
);

// Nothing at all is something that can be sent, and texts need no room.
done(mpi.dllm_mpi_broadcast(ALL, 0, null, 0n, number, ...error));
settle(number[0]!, null, 0n);
assertEquals(
  STATUS_NAMES[mpi.dllm_mpi_receive(99n, number, null, 0n)],
  "BAD_HANDLE",
);

done(mpi.dllm_mpi_finish(...error));
outside("this process has left the job");
refused(
  mpi.dllm_mpi_start(word, flag, ...error),
  "INVALID_ARGUMENT",
  "joined its job already",
);
done(mpi.dllm_mpi_version(new Uint8Array(8192), 8192n, ...error));
console.log(`refusals: all as wanted, ${refusals} of them`);
Deno.exit(0);
