/** metav1.MicroTime: the API server refuses anything but exactly six digits, and a refused Lease means nobody leads. */
export function microTime(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 6 })
}
