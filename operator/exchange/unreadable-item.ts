/** An item that cannot be understood: it is told about and costs no other. */
export class UnreadableItemError extends Error {
  override readonly name = "UnreadableItemError"
}
