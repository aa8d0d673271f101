/** MD4 (RFC 1320), which NTLM takes a password's hash with and OpenSSL no longer has. */
export function md4(message: Uint8Array): Buffer {
  const input = padded(message)
  let state: Words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < input.length; at += BLOCK_BYTES) {
    const words = Array.from({ length: 16 }, (_, index) => input.readUInt32LE(at + index * 4))
    const mixed = rounds.reduce((before, round) => mix(before, words, round), state)
    state = [add(state[0], mixed[0]), add(state[1], mixed[1]), add(state[2], mixed[2]), add(state[3], mixed[3])]
  }
  const digest = Buffer.alloc(16)
  for (const [index, word] of state.entries()) digest.writeUInt32LE(word, index * 4)
  return digest
}

type Words = readonly [number, number, number, number]
type Round = {
  readonly combine: (x: number, y: number, z: number) => number
  readonly constant: number
  readonly order: readonly number[]
  readonly shifts: readonly number[]
}

const BLOCK_BYTES = 64

const rounds: readonly Round[] = [
  {
    combine: (x, y, z) => (x & y) | (~x & z),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    combine: (x, y, z) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    combine: (x, y, z) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
]

/** The message, a single one bit, zeros, and its length in bits. */
function padded(message: Uint8Array): Buffer {
  const blocks = Math.ceil((message.length + 9) / BLOCK_BYTES)
  const input = Buffer.alloc(blocks * BLOCK_BYTES)
  input.set(message)
  input[message.length] = 0x80
  input.writeBigUInt64LE(BigInt(message.length) * 8n, input.length - 8)
  return input
}

function mix(state: Words, words: readonly number[], { combine, constant, order, shifts }: Round): Words {
  let [a, b, c, d] = state
  for (const [step, index] of order.entries()) {
    const sum = add(a + combine(b, c, d), (words[index] ?? 0) + constant)
    const shift = shifts[step % 4] ?? 0
    ;[a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c]
  }
  return [a, b, c, d]
}

function add(x: number, y: number): number {
  return (x + y) >>> 0
}
