/**
 * Keeps the page's two secrets (threats T02): the shared token of this tab, and the device token this gateway issued.
 * Both are bound to the origin they were entered on or issued by. The shared token dies with the tab.
 */

/** What the connection needs to know and to keep. */
export interface Credentials {
  sharedToken(): string | undefined;
  keepSharedToken(token: string): void;
  forgetSharedToken(): void;
  deviceToken(): string | undefined;
  keepDeviceToken(token: string): void;
  forgetDeviceToken(): void;
}

/** Under which name the seed of the device key is kept, where there is one. */
export const SEED_NAME = "moltbot.deviceSeed";

/** The part of the Web Storage interface that is used. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Opens the credentials of one gateway. `tab` forgets with the tab, `browser` does not. */
export function openCredentials(origin: string, shelves: { tab: Shelf; browser: Shelf }): Credentials {
  const shared = `moltbot.token:${origin}`;
  const device = `moltbot.deviceToken:${origin}`;
  const { tab, browser } = shelves;
  return {
    sharedToken: () => tab.getItem(shared) ?? undefined,
    keepSharedToken: (token) => tab.setItem(shared, token),
    forgetSharedToken: () => tab.removeItem(shared),
    deviceToken: () => browser.getItem(device) ?? undefined,
    keepDeviceToken: (token) => browser.setItem(device, token),
    forgetDeviceToken: () => browser.removeItem(device),
  };
}

/** A shelf in memory, for browsers that refuse storage. */
export function memoryShelf(): Shelf {
  const items = new Map<string, string>();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
  };
}

/**
 * The token of a `#token=…` fragment. Only a fragment is read: browsers do not send it to any server.
 * The caller erases the fragment before anything else happens.
 */
export function tokenInFragment(hash: string): string | undefined {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token")?.trim();
  return token === "" ? undefined : token;
}
