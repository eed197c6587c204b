/** The shared contract, with the real library against the stand-in: by polls, and delivered to. */
import { channelContract } from "../contract.ts";
import { openTelegram, openTelegramHook } from "./harness.ts";

channelContract("telegram", openTelegram);
channelContract("telegram, delivered over HTTP", openTelegramHook);
