/** A thread that knows no network: whatever it is asked to open, it cannot. */
import { serveAccount } from "../../../src/channels/isolation/serve.ts";

serveAccount(async (id) => {
  throw new Error(`no network is called ${id}`);
});
