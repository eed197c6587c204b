/** Tells what Slack signed from what it did not (https://docs.slack.dev/authentication/verifying-requests-from-slack). Pure. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../../lib/secret.ts";
import type { WebhookRequest } from "../contract.ts";

/** Older or newer by more than this is somebody else's copy, or a clock that is wrong. */
const MAX_SKEW_MS = 5 * 60 * 1000;
const form = /^v0=([0-9a-f]{64})$/;

/** Whether it has what a signed request has; all that can be told before the body is read. */
export function looksSigned(headers: WebhookRequest["headers"]): boolean {
  return form.test(headers["x-slack-signature"] ?? "") && /^\d{1,12}$/.test(headers["x-slack-request-timestamp"] ?? "");
}

/** Whether these very bytes were signed with the secret, just now. In constant time. */
export function isSigned({ headers, body }: WebhookRequest, secret: Secret, nowMs: number): boolean {
  if (!looksSigned(headers)) return false;
  const timestamp = headers["x-slack-request-timestamp"]!;
  const told = Buffer.from(form.exec(headers["x-slack-signature"]!)![1]!, "hex");
  const made = createHmac("sha256", secret.reveal()).update(`v0:${timestamp}:`).update(body).digest();
  const isFresh = Math.abs(nowMs - Number(timestamp) * 1000) <= MAX_SKEW_MS;
  return timingSafeEqual(told, made) && isFresh;
}
