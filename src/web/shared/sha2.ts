/**
 * SHA-256 and SHA-512 for pages that got no WebCrypto (plain http over a LAN).
 * Both are one algorithm with two word widths; the constants are derived as FIPS 180-4 defines them, from the roots
 * of the first primes. Slow and meant for a few hundred bytes: a device id and a signature.
 */

export interface Sha2 {
  sha256(message: Uint8Array): Uint8Array;
  sha512(message: Uint8Array): Uint8Array;
}

/** Where the two variants differ. Rotation lists end with the plain shift for the small sigmas. */
interface Variant {
  width: 32n | 64n;
  rounds: number;
  bigSigma0: readonly bigint[];
  bigSigma1: readonly bigint[];
  smallSigma0: readonly [bigint, bigint, shift: bigint];
  smallSigma1: readonly [bigint, bigint, shift: bigint];
}

const variant256: Variant = {
  width: 32n,
  rounds: 64,
  bigSigma0: [2n, 13n, 22n],
  bigSigma1: [6n, 11n, 25n],
  smallSigma0: [7n, 18n, 3n],
  smallSigma1: [17n, 19n, 10n],
};

const variant512: Variant = {
  width: 64n,
  rounds: 80,
  bigSigma0: [28n, 34n, 39n],
  bigSigma1: [14n, 18n, 41n],
  smallSigma0: [1n, 8n, 7n],
  smallSigma1: [19n, 61n, 6n],
};

/** Derives the constants once; call it when the first hash is needed. */
export function createSha2(): Sha2 {
  const primes = firstPrimes(80);
  const roundKeys = primes.map((prime) => fraction(prime, 3n));
  const start = primes.slice(0, 8).map((prime) => fraction(prime, 2n));
  return {
    sha256: (message) => digest(variant256, roundKeys, start, message),
    sha512: (message) => digest(variant512, roundKeys, start, message),
  };
}

function digest(variant: Variant, keys: readonly bigint[], start: readonly bigint[], message: Uint8Array): Uint8Array {
  const { width, rounds } = variant;
  const mask = (1n << width) - 1n;
  const narrow = 64n - width;
  const wordBytes = Number(width) / 8;
  const blockBytes = wordBytes * 16;
  const rotate = (word: bigint, by: bigint) => ((word >> by) | (word << (width - by))) & mask;
  const big = (word: bigint, by: readonly bigint[]) => by.reduce((sum, one) => sum ^ rotate(word, one), 0n);
  const small = (word: bigint, [one, two, shift]: readonly [bigint, bigint, bigint]) =>
    rotate(word, one) ^ rotate(word, two) ^ (word >> shift);

  const state = start.map((word) => word >> narrow);
  const padded = pad(message, blockBytes);
  for (let offset = 0; offset < padded.length; offset += blockBytes) {
    const words: bigint[] = [];
    for (let i = 0; i < rounds; i++) {
      words[i] =
        i < 16
          ? readWord(padded, offset + i * wordBytes, wordBytes)
          : (small(words[i - 2]!, variant.smallSigma1) +
              words[i - 7]! +
              small(words[i - 15]!, variant.smallSigma0) +
              words[i - 16]!) &
            mask;
    }
    let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let i = 0; i < rounds; i++) {
      const choice = (e & f) ^ (~e & mask & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const first = h + big(e, variant.bigSigma1) + choice + (keys[i]! >> narrow) + words[i]!;
      const second = big(a, variant.bigSigma0) + majority;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) & mask, c, b, a, (first + second) & mask];
    }
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i]! + word) & mask;
  }
  return writeWords(state, wordBytes);
}

function pad(message: Uint8Array, blockBytes: number): Uint8Array {
  const lengthBytes = blockBytes / 8;
  const total = Math.ceil((message.length + 1 + lengthBytes) / blockBytes) * blockBytes;
  const padded = new Uint8Array(total);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(total - 8, BigInt(message.length) * 8n);
  return padded;
}

function readWord(bytes: Uint8Array, at: number, wordBytes: number): bigint {
  let word = 0n;
  for (let i = 0; i < wordBytes; i++) word = (word << 8n) | BigInt(bytes[at + i]!);
  return word;
}

function writeWords(words: readonly bigint[], wordBytes: number): Uint8Array {
  const bytes = new Uint8Array(words.length * wordBytes);
  for (const [index, word] of words.entries()) {
    for (let i = 0; i < wordBytes; i++) {
      bytes[index * wordBytes + i] = Number((word >> BigInt(8 * (wordBytes - 1 - i))) & 0xffn);
    }
  }
  return bytes;
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}

/** The first 64 bits of the fractional part of the `degree`-th root of `prime`. */
function fraction(prime: bigint, degree: bigint): bigint {
  const scaled = prime << (64n * degree);
  let low = 0n;
  let high = 1n << 70n; // 2^6 times the scale: above the root of every prime used here
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** degree <= scaled) low = middle;
    else high = middle - 1n;
  }
  return low & 0xffff_ffff_ffff_ffffn;
}
