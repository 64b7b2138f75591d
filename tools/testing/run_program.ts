/** Runs one program with its arguments and ends as it ends: lets a task allow a program that was only just built. */
const [program, ...args] = Deno.args;
const { code } = await new Deno.Command(program!, { args }).spawn().status;
Deno.exit(code);
