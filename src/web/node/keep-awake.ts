/** Keeps the screen of this device on, where the browser can: a phone that sleeps is no node. */

export class KeepAwake {
  readonly #onChange: () => void;
  #isWanted = false;
  #lock: WakeLockSentinel | undefined;
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    // The browser lets go when the page is hidden.
    document.addEventListener("visibilitychange", () => void this.#hold());
  }

  get isPossible(): boolean {
    return isSecureContext && "wakeLock" in navigator;
  }

  get isOn(): boolean {
    return this.#isWanted;
  }

  turn(isOn: boolean): void {
    this.#isWanted = isOn;
    if (isOn) void this.#hold();
    else void this.#lock?.release();
    this.#onChange();
  }

  async #hold(): Promise<void> {
    const isHeld = this.#lock !== undefined && !this.#lock.released;
    if (!this.#isWanted || isHeld || document.hidden) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch (error) {
      // Low battery, for example: the device decides.
      console.info("the screen may go dark", error);
      this.#isWanted = false;
      this.#onChange();
    }
  }
}
