/** MD4 (RFC 1320), which NTLM hashes passwords with and no library of ours offers any more. For nothing else. */
export function md4(message: Uint8Array): Buffer {
  const words = padded(message)
  let state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < words.length; at += 16) state = block(state, words.subarray(at, at + 16))
  const digest = Buffer.alloc(16)
  for (const [index, word] of state.entries()) digest.writeUInt32LE(word >>> 0, index * 4)
  return digest
}

type State = readonly [number, number, number, number]
type Mix = (b: number, c: number, d: number) => number

const rounds: readonly {
  readonly mix: Mix
  readonly add: number
  readonly order: readonly number[]
  readonly shifts: readonly number[]
}[] = [
  {
    mix: (b, c, d) => (b & c) | (~b & d),
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (b, c, d) => (b & c) | (b & d) | (c & d),
    add: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (b, c, d) => b ^ c ^ d,
    add: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
]

function block(state: State, words: Uint32Array): State {
  let [a, b, c, d] = state
  for (const { mix, add, order, shifts } of rounds) {
    for (const [step, index] of order.entries()) {
      const sum = (a + mix(b, c, d) + (words[index] ?? 0) + add) | 0
      const shift = shifts[step % 4] ?? 0
      const turned = (sum << shift) | (sum >>> (32 - shift))
      ;[a, b, c, d] = [d, turned, b, c]
    }
  }
  return [(a + state[0]) | 0, (b + state[1]) | 0, (c + state[2]) | 0, (d + state[3]) | 0]
}

/** A one bit, zeros, and the length in bits, to a whole number of blocks. */
function padded(message: Uint8Array): Uint32Array {
  const bytes = Buffer.alloc(Math.ceil((message.length + 9) / 64) * 64)
  bytes.set(message)
  bytes[message.length] = 0x80
  bytes.writeUInt32LE((message.length * 8) >>> 0, bytes.length - 8)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(index * 4))
}
