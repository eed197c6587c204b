/** The shared contract, with the real libraries against the stand-in. */
import { channelContract } from "../contract.ts";
import { openDiscord } from "./harness.ts";

channelContract("discord", openDiscord);
