/** The shared contract, with the real library over a real connection to the stand-in. */
import { channelContract } from "../contract.ts";
import { openWhatsApp } from "./harness.ts";

channelContract("whatsapp", () => openWhatsApp());
