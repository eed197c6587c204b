/** Bytes as text for the wire. */

/** Encodes a blob without holding it twice as a string of bytes. */
export function toBase64(blob: Blob): Promise<string> {
  const reader = new FileReader();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  reader.onload = () => {
    const address = `${reader.result}`;
    resolve(address.slice(address.indexOf(",") + 1));
  };
  reader.onerror = () => reject(reader.error ?? new Error("the recording could not be read"));
  reader.readAsDataURL(blob);
  return promise;
}

/** How many bytes fit when that many characters of base64 do. */
export function bytesIn(chars: number): number {
  return Math.floor(chars / 4) * 3;
}
