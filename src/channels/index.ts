/** The networks this gateway speaks. The only place outside their folders that names them. */
import type { Channel } from "./contract.ts";
import { discord } from "./discord/index.ts";
import { imessage } from "./imessage/index.ts";
import { signal } from "./signal/index.ts";
import { slack } from "./slack/index.ts";
import { telegram } from "./telegram/index.ts";
import { whatsapp } from "./whatsapp/index.ts";

/** All networks, in the order lists show them. Their libraries are loaded when an account starts. */
export const networks: readonly Channel[] = [whatsapp, telegram, discord, slack, signal, imessage];
