/** The shared contract, with the real library against the stand-in. */
import { channelContract } from "../contract.ts";
import { openSlack } from "./harness.ts";

channelContract("slack", openSlack);
