/** RC4 from the beginning of its key stream, which NTLM hides session keys and signatures with. */
export function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const state = scheduled(key)
  const at = (index: number) => state[index & 0xff] ?? 0
  let [i, j] = [0, 0]
  return Buffer.from(
    data.map(byte => {
      i = (i + 1) & 0xff
      j = (j + at(i)) & 0xff
      const [first, second] = [at(i), at(j)]
      state[i] = second
      state[j] = first
      return byte ^ at(first + second)
    }),
  )
}

function scheduled(key: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index)
  let j = 0
  for (const [i, value] of [...state].entries()) {
    const current = state[i] ?? value
    j = (j + current + (key[i % key.length] ?? 0)) & 0xff
    state[i] = state[j] ?? 0
    state[j] = current
  }
  return state
}
