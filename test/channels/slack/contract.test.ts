/** The shared contract, with the real library against the stand-in: by a connection, and delivered to. */
import { channelContract } from "../contract.ts";
import { openSlack, openSlackHook } from "./harness.ts";

channelContract("slack", openSlack);
channelContract("slack, delivered over HTTP", openSlackHook);
