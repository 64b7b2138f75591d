/**
 * The slice of ZMTP 3.0 (NULL mechanism, TCP) that a Jupyter client needs: DEALER sockets that exchange multipart messages
 * and a SUB socket subscribed to everything. Source: rfc.zeromq.org/spec/23.
 *
 * @module
 */

const MORE = 1, LONG = 2, COMMAND = 4;
const MAX_FRAME = 64 * 1024 * 1024;

/** Thrown when the peer does not speak ZMTP 3, or breaks off in the middle of a frame. */
export class ZmtpError extends Error {
  override name = "ZmtpError";
}

function greeting(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
  bytes.set(new TextEncoder().encode("NULL"), 12);
  return bytes;
}

function property(name: string, value: string): number[] {
  const encode = new TextEncoder();
  const key = encode.encode(name), content = encode.encode(value);
  return [key.length, ...key, 0, 0, 0, content.length, ...content];
}

function frame(flags: number, body: Uint8Array): Uint8Array {
  const long = body.length > 255;
  const bytes = new Uint8Array((long ? 9 : 2) + body.length);
  bytes[0] = flags | (long ? LONG : 0);
  if (long) new DataView(bytes.buffer).setBigUint64(1, BigInt(body.length));
  else bytes[1] = body.length;
  bytes.set(body, long ? 9 : 2);
  return bytes;
}

/** One connected ZMTP socket. */
export class ZmtpSocket {
  #connection: Deno.TcpConn;
  #sending: Promise<void> = Promise.resolve();
  #buffer = new Uint8Array(0);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects to `127.0.0.1:port`, retrying for `timeoutMs` until the peer listens, and completes the handshake. */
  static async connect(
    port: number,
    options: { readonly type: "DEALER" | "SUB"; readonly timeoutMs: number },
  ): Promise<ZmtpSocket> {
    const deadline = Date.now() + options.timeoutMs;
    let connection: Deno.TcpConn | undefined;
    while (connection === undefined) {
      try {
        connection = await Deno.connect({ hostname: "127.0.0.1", port });
      } catch (cause) {
        if (
          !(cause instanceof Deno.errors.ConnectionRefused) ||
          Date.now() > deadline
        ) {
          throw new ZmtpError(
            `Cannot connect to the kernel on port ${port}: no answer within ${options.timeoutMs} ms`,
            { cause },
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    connection.setNoDelay(true);
    const socket = new ZmtpSocket(connection);
    await socket.#handshake(options.type);
    return socket;
  }

  async #handshake(type: "DEALER" | "SUB"): Promise<void> {
    await this.#write(greeting());
    const theirs = await this.#read(64);
    if (theirs[0] !== 0xff || theirs[9] !== 0x7f || theirs[10]! < 3) {
      throw new ZmtpError(
        "Cannot shake hands with the kernel: it does not speak ZMTP 3",
      );
    }
    const ready = new TextEncoder().encode("READY");
    const body = new Uint8Array([
      ready.length,
      ...ready,
      ...property("Socket-Type", type),
      ...property("Identity", ""),
    ]);
    await this.#write(frame(COMMAND, body));
    const { flags, body: answer } = await this.#frame();
    if (
      !(flags & COMMAND) ||
      new TextDecoder().decode(answer.subarray(1, 6)) !== "READY"
    ) {
      throw new ZmtpError(
        "Cannot shake hands with the kernel: it did not answer READY",
      );
    }
    if (type === "SUB") await this.#write(frame(0, new Uint8Array([1])));
  }

  /** Sends one multipart message; concurrent sends are queued, never interleaved. */
  send(parts: readonly Uint8Array[]): Promise<void> {
    const last = parts.length - 1;
    const frames = parts.map((part, i) => frame(i < last ? MORE : 0, part));
    this.#sending = this.#sending.then(async () => {
      for (const bytes of frames) await this.#write(bytes);
    });
    return this.#sending;
  }

  /** Receives one multipart message; `null` when the peer closed between messages. */
  async receive(): Promise<Uint8Array[] | null> {
    const parts: Uint8Array[] = [];
    for (;;) {
      let next;
      try {
        next = await this.#frame();
      } catch (error) {
        if (parts.length === 0 && this.#buffer.length === 0) return null;
        throw error;
      }
      if (next.flags & COMMAND) continue;
      parts.push(next.body);
      if (!(next.flags & MORE)) return parts;
    }
  }

  /** Closes the connection. Idempotent. */
  close(): void {
    try {
      this.#connection.close();
    } catch {
      // Already closed by the peer.
    }
  }

  async #frame(): Promise<{ flags: number; body: Uint8Array }> {
    const flags = (await this.#read(1))[0]!;
    const size = flags & LONG
      ? Number(
        new DataView((await this.#read(8)).buffer).getBigUint64(0),
      )
      : (await this.#read(1))[0]!;
    if (size > MAX_FRAME) {
      throw new ZmtpError(
        `Cannot read a frame of ${size} bytes: at most ${MAX_FRAME} are accepted`,
      );
    }
    return { flags, body: await this.#read(size) };
  }

  async #read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#buffer.length < count) {
      const chunk = new Uint8Array(65536);
      const got = await this.#connection.read(chunk);
      if (got === null) {
        throw new ZmtpError("Lost the connection to the kernel");
      }
      const joined = new Uint8Array(this.#buffer.length + got);
      joined.set(this.#buffer);
      joined.set(chunk.subarray(0, got), this.#buffer.length);
      this.#buffer = joined;
    }
    const out = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return out;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      done += await this.#connection.write(bytes.subarray(done));
    }
  }
}
