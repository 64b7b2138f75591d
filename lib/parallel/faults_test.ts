/** A rank that dies, hangs or gives NaN is found in bounded time and named; the others go on with the same output. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { observe } from "../decoding/_exactness.ts";
import { lopa } from "../decoding/lopa.ts";
import { nativeTest } from "../engine/_fixture.ts";
import type { Device } from "../engine/mod.ts";
import { NonFiniteError } from "../model/errors.ts";
import { NativeModel } from "../model/native_model.ts";
import { randomSource, SHAPES } from "../model/random_model.ts";
import type { ReplicaModel } from "../model/replica.ts";
import {
  FAULT_PLACES,
  type FaultKind,
  type FaultPlace,
  type FaultPlan,
  Faults,
} from "./_faults.ts";
import { comparingCaches, Devices } from "./_replicas.ts";
import { RankError, type RankPhase } from "./errors.ts";
import { BranchParallelModel } from "./model.ts";
import type { ProtocolName } from "./protocol.ts";

const SOURCE = randomSource(SHAPES.tiny, { seed: 5, sharpness: 2 });
const PROMPT = Int32Array.of(4, 8, 15, 16, 23, 42);

/** Long enough that only what hangs takes longer, on a busy machine too. */
const HANG_MS = 1000, PATIENT_MS = 60_000;

function decoderFor(protocol: ProtocolName) {
  return lopa({
    lookaheads: 3,
    blockSize: 8,
    maxNewTokens: 32,
    addThreshold: 0.5,
    activateThreshold: 0.6,
    confidenceThreshold: 0.95,
    visibility: protocol === "single-phase" ? "block-causal" : "full",
  });
}

/** Replicas on the devices, with faults. */
async function faultyModel(
  devices: readonly Device[],
  { faults, protocol, timeoutMs = PATIENT_MS }: {
    readonly faults: Faults;
    readonly protocol: ProtocolName;
    readonly timeoutMs?: number;
  },
): Promise<BranchParallelModel> {
  const replicas: ReplicaModel[] = [];
  for (const [rank, device] of devices.entries()) {
    const model = await NativeModel.create(SOURCE, { device });
    replicas.push(faults.replica(model, rank));
  }
  return BranchParallelModel.over(replicas, {
    protocol,
    timeoutMs,
    intercept: (communicator, rank) => faults.intercept(communicator, rank),
  });
}

/** Strikes rank `victim` once, when it has come to the place `after` times before. */
function once(
  victim: number,
  { place, kind, after }: {
    readonly place: FaultPlace;
    readonly kind: FaultKind;
    readonly after: number;
  },
): FaultPlan & { struck: () => boolean } {
  let visits = 0, struck = false;
  const plan = (rank: number, at: FaultPlace): FaultKind | null => {
    if (struck || rank !== victim || at !== place) return null;
    if (visits++ < after) return null;
    struck = true;
    return kind;
  };
  return Object.assign(plan, { struck: () => struck });
}

/** The phase that errors name for a place. */
const PHASES: Readonly<Record<FaultPlace, readonly RankPhase[]>> = {
  order: ["order"],
  stage: ["commit"],
  publish: ["commit"],
  receive: ["commit"],
  write: ["commit"],
  commit: ["pre-write"],
  fill: ["pre-write"],
  "pre-write": ["pre-write"],
  answer: ["answer"],
};

/** Places that a rank comes to under a protocol, and the kinds of fault that mean something there. */
const APPLIES: Readonly<
  Record<ProtocolName, Partial<Record<FaultPlace, readonly FaultKind[]>>>
> = {
  "two-phase": {
    order: ["dies", "hangs"],
    stage: ["dies", "nan"],
    publish: ["dies", "hangs"],
    receive: ["dies", "hangs"],
    write: ["dies"],
    "pre-write": ["dies", "hangs", "nan"],
    answer: ["dies", "hangs"],
  },
  "single-phase": {
    order: ["dies", "hangs"],
    commit: ["dies", "hangs", "nan"],
    fill: ["dies", "hangs"],
    "pre-write": ["dies", "hangs", "nan"],
    answer: ["dies", "hangs"],
  },
};

for (const protocol of ["two-phase", "single-phase"] as const) {
  for (const place of FAULT_PLACES) {
    for (const kind of ["dies", "hangs", "nan"] as const) {
      if (!APPLIES[protocol][place]?.includes(kind)) continue;
      nativeTest(
        `${protocol}: a rank that ${
          kind === "nan" ? "gives NaN" : kind
        } at ${place} is named and survived`,
        async () => {
          await using devices = await Devices.open(3);
          const decoder = decoderFor(protocol);
          using single = await devices.single(SOURCE);
          const wanted = await observe(single, decoder, PROMPT);
          const owners = place === "publish" ? [0, 1, 2] : [1];
          for (const victim of owners) {
            for (const after of kind === "hangs" ? [1] : [0, 1]) {
              const plan = once(victim, { place, kind, after });
              const faults = new Faults(plan);
              await using model = await faultyModel(devices.all, {
                faults,
                protocol,
                timeoutMs: kind === "hangs" ? HANG_MS : PATIENT_MS,
              });
              const began = performance.now();
              assertEquals(
                await observe(comparingCaches(model), decoder, PROMPT),
                wanted,
              );
              faults.release();
              if (!plan.struck()) continue; // this rank never won so often
              assertEquals(model.lost.length, 1);
              const [error] = model.lost;
              assertEquals(error!.rank, victim);
              assert(PHASES[place].includes(error!.phase), error!.message);
              if (kind === "hangs") {
                assert(performance.now() - began > HANG_MS - 50);
              }
            }
          }
        },
      );
    }
  }
}

nativeTest(
  "faults one after another: the last rank finishes alone, and its own end is told",
  async () => {
    await using devices = await Devices.open(3);
    const decoder = decoderFor("two-phase");
    using single = await devices.single(SOURCE);
    const wanted = await observe(single, decoder, PROMPT);
    let rounds = 0;
    const faults = new Faults((rank, place) => {
      if (place === "order" && rank === 2) rounds++;
      const dead = rank === 0 && rounds > 2 || rank === 2 && rounds > 4;
      return dead && place === "answer" ? "dies" : null;
    });
    await using model = await faultyModel(devices.all, {
      faults,
      protocol: "two-phase",
    });
    assertEquals(await observe(model, decoder, PROMPT), wanted);
    assertEquals(model.lost.map(({ rank }) => rank), [0, 2]);
    assertEquals(await observe(model, decoder, PROMPT), wanted); // the next sequence too

    assert(wanted.trace.steps.length > 6);
    const all = new Faults((_, place) => place === "answer" ? "dies" : null);
    await using doomed = await faultyModel(devices.all, {
      faults: all,
      protocol: "two-phase",
    });
    const error = await assertRejects(
      () => observe(doomed, decoder, PROMPT),
      RankError,
      "failed in phase answer",
    );
    assertEquals(doomed.lost.length, 3);
    assertEquals(error, doomed.lost.at(-1));
    await assertRejects(() => observe(doomed, decoder, PROMPT), RankError);
  },
);

nativeTest(
  "logits that are no numbers on every device are the model's fault, not a device's",
  async () => {
    await using devices = await Devices.open(2);
    const overflow = randomSource(SHAPES.tiny, { sharpness: 3e38 });
    await using model = await devices.parallel(overflow, { ranks: 2 });
    await assertRejects(
      () => observe(model, decoderFor("two-phase"), PROMPT),
      NonFiniteError,
    );
  },
);
