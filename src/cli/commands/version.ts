/** `moltbot version`. */
import { defineLeaf } from "../command.ts";
import { version as ours } from "../version.ts";

export const version = defineLeaf({
  name: "version",
  summary: "Print the version",
  args: {},
  async run(_args, cli) {
    cli.print({ version: ours }, () => ours);
  },
});
