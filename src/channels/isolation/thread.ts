/** The entry of a thread: one account of one of this program's networks. Loads the code of that network only. */
import { loadNetwork } from "../load.ts";
import { serveAccount } from "./serve.ts";

serveAccount(loadNetwork);
