/** metav1.LabelSelector, as our CRDs take it. */
export type LabelSelector = {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist"
    readonly values?: readonly string[]
  }[]
}

type Labels = Readonly<Record<string, string>>

/** Whether labels satisfy a selector. An empty selector selects everything. */
export function matchesLabels(selector: LabelSelector, labels: Labels | undefined): boolean {
  const has = (key: string) => labels !== undefined && Object.hasOwn(labels, key)
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => has(key) && labels?.[key] === value)
  return equal && (selector.matchExpressions ?? []).every(expression => matchesExpression(expression, labels, has))
}

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number]

/** As Kubernetes reads it: NotIn is true of an object without the label. */
function matchesExpression(
  { key, operator, values = [] }: Expression,
  labels: Labels | undefined,
  has: (key: string) => boolean,
): boolean {
  const isListed = () => has(key) && values.includes(labels?.[key] ?? "")
  switch (operator) {
    case "In":
      return isListed()
    case "NotIn":
      return !isListed()
    case "Exists":
      return has(key)
    case "DoesNotExist":
      return !has(key)
    default:
      return operator satisfies never
  }
}
