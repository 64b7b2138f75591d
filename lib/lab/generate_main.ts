/**
 * `deno task generate`: decodes one prompt and shows the canvas fill.
 *
 * @module
 */
import { unwrittenId } from "../decoding/model_kind.ts";
import { Device } from "../engine/mod.ts";
import { loadModel } from "../model/load_model.ts";
import { loadTokenizer } from "../model/tokenizer.ts";
import { generate, type GenerateView } from "./generate.ts";
import {
  type GenerateArguments,
  parseGenerateArguments,
  usage,
} from "./generate_arguments.ts";
import { UsageError } from "./command_line.ts";
import { LiveCanvas } from "./live_canvas.ts";

const encoder = new TextEncoder();
function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}

async function run(args: GenerateArguments): Promise<void> {
  const tokenizer = await loadTokenizer(args.model);
  using device = await Device.open({ threads: args.threads });
  using model = await loadModel(args.model, {
    device,
    dtype: args.dtype,
    ...(args.adapter === null ? {} : { adapter: args.adapter }),
  });
  const live = Deno.stdout.isTerminal() ? new LiveCanvas(print) : null;
  let written = 0;
  const onStep = ({ step, ids, fresh }: GenerateView) => {
    written += fresh.size;
    const branches = step.branches.length;
    const status = `forward ${step.index}: +${fresh.size} tokens, ${
      (written / step.index).toFixed(2)
    } per forward${branches > 1 ? `, ${branches} branches` : ""}`;
    live?.draw({
      ids,
      maskId: unwrittenId(model.spec),
      fresh,
      text: (id) => tokenizer.display(id),
      status,
    }, Deno.consoleSize().columns);
  };
  using file = args.trace === null ? null : await Deno.open(args.trace, {
    write: true,
    create: true,
    truncate: true,
  });
  const { text, trace, wallMs } = await generate(model, tokenizer, {
    ...args,
    onStep,
    sink: (line) => {
      file?.writeSync(encoder.encode(line));
    },
  });
  const { forwards, ids } = trace.result;
  print(`${live === null ? "" : "\n"}${text}\n`);
  console.error(
    `${ids.length} positions in ${forwards} forwards: ${
      (ids.length / forwards).toFixed(2)
    } tokens per forward, ${(1000 * ids.length / wallMs).toFixed(0)} tokens/s`,
  );
}

try {
  await run(parseGenerateArguments(Deno.args));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  if (error instanceof UsageError) console.error(`\n${usage()}`);
  Deno.exit(1);
}
