/** What is wrong right now and what happens about it, above the transcript. */

import type { ConnectionState } from "../../shared/gateway.ts";
import { Icon } from "../../shared/view/icon.tsx";
import type { Chat } from "../chat.ts";

interface Props {
  connection: ConnectionState;
  notice: string | undefined;
  chat: Chat;
}

export function Banner({ connection, notice, chat }: Props) {
  if (connection.kind === "waiting" || connection.kind === "connecting") {
    const isRestart = connection.kind === "waiting" && connection.reason === "restarting";
    return (
      <div class="banner" role="status">
        <span class="spinner" aria-hidden="true" />
        <p>{isRestart ? "The gateway is restarting. " : "Lost the gateway. "}This page comes back by itself.</p>
        <button type="button" class="link-button" onClick={() => chat.retryNow()}>
          Try now
        </button>
      </div>
    );
  }
  if (notice === undefined) return null;
  return (
    <div class="banner banner-problem" role="alert">
      <Icon name="alert" />
      <p>{notice}</p>
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => chat.dismissNotice()}>
        <Icon name="close" />
      </button>
    </div>
  );
}
