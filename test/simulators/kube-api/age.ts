/** `3m`, `2d4h`: the words of `duration.HumanDuration` in k8s.io/apimachinery. */
export function age(timestamp: string, now: Temporal.Instant): string {
  const seconds = Math.floor((now.epochMilliseconds - Temporal.Instant.from(timestamp).epochMilliseconds) / 1000)
  if (seconds < -1) return "<invalid>"
  if (seconds < 0) return "0s"
  if (seconds < 60 * 2) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return joined(minutes, "m", seconds % 60, "s")
  if (minutes < 60 * 3) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return joined(hours, "h", minutes % 60, "m")
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return joined(days, "d", hours % 24, "h")
  if (days < 365 * 2) return `${days}d`
  const years = Math.floor(days / 365)
  return years < 8 ? joined(years, "y", days % 365, "d") : `${years}y`
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}
