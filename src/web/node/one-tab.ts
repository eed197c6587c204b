/**
 * Of several tabs of one browser the newest is the node: they are one device, and the gateway asks the one that came
 * last. An older one steps aside, so that nobody waits in front of a page that is never asked.
 */

/** The tabs of this browser, as one of them sees them. */
export class OneTab {
  readonly #channel: BroadcastChannel;
  /** `onTaken` is called when another tab becomes the node. */
  constructor(onTaken: () => void) {
    this.#channel = new BroadcastChannel("moltbot.node");
    this.#channel.onmessage = onTaken;
  }

  /** This tab is the node from now on. */
  claim(): void {
    this.#channel.postMessage("taken");
  }
}
