/**
 * Hands taps to whoever shows this page: an app of Apple's (`webkit.messageHandlers`), one of Android (an object that
 * takes text), or the page around the frame. The names are those that apps of the first generation know.
 */
import { randomId, timestamp } from "./platform.ts";

/** The name under which apps offer to take taps. */
const HOST = "openclawCanvasA2UIAction";
/** The event by which the host tells what became of a tap. */
const STATUS_EVENT = "openclaw:a2ui-action-status";

/** What a tap says; what is missing is filled in. */
export interface TapInput {
  id?: string;
  name?: string;
  surfaceId?: string;
  sourceComponentId?: string;
  timestamp?: string;
  context?: unknown;
}

/** What became of a tap. */
export interface ActionStatus {
  id?: string;
  ok?: boolean;
  error?: string;
}

interface Poster {
  postMessage(message: unknown): void;
}

interface HostWindow {
  webkit?: { messageHandlers?: Record<string, Poster | undefined> };
  [HOST]?: Poster;
}

/** The bridge of one page. */
export interface ActionBridge {
  /** Sends something to the host as it is. False when nobody is there. */
  postMessage(payload: unknown): boolean;
  /** Sends a tap; gives its id, or undefined when nobody is there. */
  sendUserAction(tap: TapInput): string | undefined;
}

/** Offers the bridge to the page under the names that pages of the first generation use. */
export function openActionBridge(window: Window & typeof globalThis): ActionBridge {
  const host = window as HostWindow;
  const postMessage = (payload: unknown): boolean => {
    const apple = host.webkit?.messageHandlers?.[HOST];
    const android = host[HOST];
    if (apple) apple.postMessage(payload);
    else if (android) android.postMessage(typeof payload === "string" ? payload : JSON.stringify(payload));
    // The page around us knows which frame it asked; what origin it has, nobody here knows.
    else if (window.parent !== window) window.parent.postMessage({ type: "openclaw:a2ui-action", payload }, "*");
    else return false;
    return true;
  };
  const sendUserAction = (tap: TapInput): string | undefined => {
    const id = tap.id || randomId();
    const userAction = {
      ...tap,
      id,
      surfaceId: tap.surfaceId ?? "main",
      sourceComponentId: tap.sourceComponentId ?? "page",
      timestamp: tap.timestamp ?? timestamp(),
      context: tap.context ?? {},
    };
    return postMessage({ userAction }) ? id : undefined;
  };
  const isSent = (tap: TapInput) => sendUserAction(tap) !== undefined;
  Object.assign(window, {
    OpenClaw: { postMessage, sendUserAction: isSent },
    openclawPostMessage: postMessage,
    openclawSendUserAction: isSent,
  });
  return { postMessage, sendUserAction };
}

/** Tells the page what became of a tap, as an app does. */
export function tellStatus(status: ActionStatus): void {
  dispatchEvent(new CustomEvent(STATUS_EVENT, { detail: status }));
}

/** Calls `fn` for each tap whose fate the host tells. */
export function onStatus(fn: (status: ActionStatus) => void): void {
  addEventListener(STATUS_EVENT, (event) => {
    if (event instanceof CustomEvent) fn(event.detail ?? {});
  });
}
