/** The shared contract, with a real process that speaks as imsg does. */
import { channelContract } from "../contract.ts";
import { openIMessage } from "./harness.ts";

channelContract("imessage", () => openIMessage({ hasBridge: true }));
