/** What every page does at its start: take secrets out of the address, find storage, know when to come back. */
import { memoryShelf, type Shelf, secretInFragment } from "./credentials.ts";

/** Reads `#token=…` or `#invite=…` and removes it from the address bar and the history before anything can see it. */
export function takeSecret(name: "token" | "invite"): string | undefined {
  const secret = secretInFragment(location.hash, name);
  if (secret !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return secret;
}

/** A storage area, or memory where the browser refuses. */
export function openShelf(open: () => Storage): Shelf {
  try {
    const storage = open();
    storage.getItem("moltbot");
    return storage;
  } catch (error) {
    console.info("storage is not usable here; this visit will be forgotten", error);
    return memoryShelf();
  }
}

/** Where the page's own gateway listens; never an address that a link names. */
export function socketAddress(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`;
}

/** Calls back when the browser says that a connection may be had again, and when the page goes away. */
export function watchLife({ comeBack, leave }: { comeBack(): void; leave(): void }): void {
  addEventListener("online", comeBack);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) comeBack();
  });
  addEventListener("pagehide", leave);
  // Back from the browser's page cache: the connection was closed on the way out.
  addEventListener("pageshow", (event) => {
    if ("persisted" in event && event.persisted === true) comeBack();
  });
}
