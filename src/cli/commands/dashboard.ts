/** `moltbot dashboard`: where the page is. The secret travels in the fragment, which browsers do not send. */
import { defineLeaf } from "../command.ts";
import { givenCredentials, localCredentials } from "../secrets.ts";

export const dashboard = defineLeaf({
  name: "dashboard",
  summary: "Print the address of the gateway's page",
  args: {
    open: { type: "boolean", description: "open it in the browser" },
    "with-token": {
      type: "boolean",
      description: "put the token into the address even when nobody looks at a terminal",
    },
  },
  async run(args, cli) {
    const { io, paths, link } = cli;
    const target = await cli.target();
    const page = new URL("/", target.url.replace(/^ws/, "http"));
    const withToken = new URL(page);
    const secret = givenCredentials(link, io.env) ?? (target.holder ? await localCredentials(paths, io.env) : {});
    if (secret.token) withToken.hash = `token=${encodeURIComponent(secret.token.reveal())}`;
    if (args.open) io.openBrowser(withToken.href);
    const shown = (io.isTerminal && !args.open) || args["with-token"] ? withToken : page;
    cli.print({ url: shown.href }, () => shown.href);
  },
});
