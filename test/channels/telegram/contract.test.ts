/** The shared contract, with the real library against the stand-in. */
import { channelContract } from "../contract.ts";
import { openTelegram } from "./harness.ts";

channelContract("telegram", openTelegram);
