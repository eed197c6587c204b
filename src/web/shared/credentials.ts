/**
 * Keeps a page's secrets (threats T02): the shared token or the invite of this tab, and the device token this gateway
 * issued. All are bound to the origin they were entered on or issued by. The first two die with the tab.
 */

/** What the connection needs to know and to keep. */
export interface Credentials {
  sharedToken(): string | undefined;
  keepSharedToken(token: string): void;
  forgetSharedToken(): void;
  /** A code that lets one browser ask for approval, for a short time. */
  invite(): string | undefined;
  keepInvite(invite: string): void;
  forgetInvite(): void;
  deviceToken(): string | undefined;
  keepDeviceToken(token: string): void;
  forgetDeviceToken(): void;
}

/** Under which name the seed of the device key is kept, where there is one. */
export const SEED_NAME = "moltbot.deviceSeed";

/** The part of the Web Storage interface that is used. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Opens the credentials of one gateway. `tab` forgets with the tab, `browser` does not. A device has a token for each
 * role it connects in.
 */
export function openCredentials(
  origin: string,
  shelves: { tab: Shelf; browser: Shelf },
  role: "operator" | "node" = "operator",
): Credentials {
  const shared = `moltbot.token:${origin}`;
  const invited = `moltbot.invite:${origin}`;
  const device = role === "operator" ? `moltbot.deviceToken:${origin}` : `moltbot.nodeToken:${origin}`;
  const { tab, browser } = shelves;
  return {
    sharedToken: () => tab.getItem(shared) ?? undefined,
    keepSharedToken: (token) => tab.setItem(shared, token),
    forgetSharedToken: () => tab.removeItem(shared),
    invite: () => tab.getItem(invited) ?? undefined,
    keepInvite: (invite) => tab.setItem(invited, invite),
    forgetInvite: () => tab.removeItem(invited),
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
 * The secret of a `#token=…` or `#invite=…` fragment. Only a fragment is read: browsers do not send it to any server.
 * The caller erases the fragment before anything else happens.
 */
export function secretInFragment(hash: string, name: "token" | "invite"): string | undefined {
  const secret = new URLSearchParams(hash.replace(/^#/, "")).get(name)?.trim();
  return secret === "" ? undefined : secret;
}
