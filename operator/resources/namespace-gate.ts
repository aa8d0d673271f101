import type { ExchangeConnectionSpec } from "./generated/exchange-connection.ts"
import { type LabelSelector, matchesLabels } from "./label-selector.ts"

/** From which namespaces an object may be referred to. */
export type NamespaceGate =
  | { readonly from: "Same" }
  | { readonly from: "All" }
  | { readonly from: "Selector"; readonly selector: LabelSelector }

/** Closed unless it says otherwise: only the object's own namespace. */
export function readNamespaceGate(spec: ExchangeConnectionSpec["allowedNamespaces"]): NamespaceGate {
  if (spec === undefined) return { from: "Same" }
  return spec.from === "Selector" ? { from: "Selector", selector: spec.selector } : { from: spec.from }
}

/**
 * Whether an object in `owner` may be referred to from `asking`. The labels of that namespace are needed for a selector
 * only; unknown labels match nothing, not even a selector that asks for an absent label.
 */
export function admitsNamespace(
  gate: NamespaceGate,
  {
    owner,
    asking,
    labels,
  }: {
    readonly owner: string
    readonly asking: string
    readonly labels?: Readonly<Record<string, string>> | undefined
  },
): boolean {
  if (owner === asking) return true
  switch (gate.from) {
    case "Same":
      return false
    case "All":
      return true
    case "Selector":
      return labels !== undefined && matchesLabels(gate.selector, labels)
    default:
      return gate satisfies never
  }
}
