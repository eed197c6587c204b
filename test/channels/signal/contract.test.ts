/** The shared contract, over real HTTP against the stand-in. */
import { channelContract } from "../contract.ts";
import { openSignal } from "./harness.ts";

channelContract("signal", openSignal);
