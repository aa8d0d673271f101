/** Why one event cannot be used; it costs that event only. Messages name properties, never their texts. */
export class UnusableEventError extends Error {
  override readonly name = "UnusableEventError"
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}
