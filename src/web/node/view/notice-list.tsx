/** Notifications that are shown on the page, because the system shows none of ours. */
import { Icon } from "../../shared/view/icon.tsx";
import type { Notice } from "../notices.ts";
import type { WebNode } from "../web-node.ts";

export function NoticeList({ notices, node }: { notices: readonly Notice[]; node: WebNode }) {
  return (
    <div class="notices" role="alert">
      {notices.map(({ id, title, body }) => (
        <div key={id} class="notice">
          <Icon name="notify" />
          <div class="notice-words">
            {title !== "" && <strong>{title}</strong>}
            {body !== "" && <p>{body}</p>}
          </div>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => node.dismissNotice(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
