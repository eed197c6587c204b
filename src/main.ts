/** The executable: from the command line to an exit code. */
import { processIo } from "./cli/io.ts";
import { runCli } from "./cli/run.ts";

// Exits by itself, because a library that leaves a handle open must not keep a finished command alive.
process.exit(await runCli(process.argv.slice(2), processIo()));
