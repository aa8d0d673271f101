/**
 * The shortest list that still fails, by leaving out ever smaller parts (Zeller's delta debugging). `fails` may be asked
 * until the time is over.
 */
export async function shrink<T>(
  list: readonly T[],
  fails: (list: readonly T[]) => Promise<boolean>,
  untilMs: number,
): Promise<readonly T[]> {
  let shortest = list
  for (let size = Math.ceil(list.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < shortest.length; ) {
      if (performance.now() > untilMs) return shortest
      const without = [...shortest.slice(0, from), ...shortest.slice(from + size)]
      if (without.length > 0 && (await fails(without))) shortest = without
      else from += size
    }
  }
  return shortest
}
