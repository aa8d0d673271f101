import type { CalendarChoice } from "../core/ports.ts"
import { describeKind } from "./api-group.ts"
import type { MailboxBindingSpec, MailboxBindingStatus } from "./generated/mailbox-binding.ts"

export type { MailboxBindingSpec, MailboxBindingStatus }

export const mailboxBindings = describeKind("MailboxBinding", "mailboxbindings")

/** Where the addresses of matched identities come from; a map is still a reference. */
type AddressOrigin =
  | { readonly kind: "FromSource" }
  | { readonly kind: "Pattern"; readonly pattern: string }
  | { readonly kind: "Map"; readonly configMapName: string; readonly key: string }

/** A MailboxBinding.spec with its defaults applied. */
export type BindingPlan = {
  /** Without a namespace: the binding's own. */
  readonly connection: { readonly name: string; readonly namespace?: string }
  readonly sourceName: string
  readonly policyName: string
  /** By hand; for an identity named here `match` is not asked. */
  readonly listed: readonly { readonly address: string; readonly identity: string }[]
  /** Absent `kinds`: all. */
  readonly match?: { readonly kinds?: readonly string[]; readonly address: AddressOrigin }
  readonly calendar: CalendarChoice
  readonly suspended: boolean
}

export function readBinding(spec: MailboxBindingSpec): BindingPlan {
  return {
    connection: spec.connectionRef,
    sourceName: spec.sourceRef.name,
    policyName: spec.policyRef.name,
    listed: spec.mailboxes ?? [],
    ...(spec.match === undefined ? {} : { match: readMatch(spec.match) }),
    calendar: spec.calendar === undefined ? { kind: "Default" } : { kind: "Named", name: spec.calendar.name },
    suspended: spec.suspend ?? false,
  }
}

type MatchSpec = NonNullable<MailboxBindingSpec["match"]>

function readMatch(spec: MatchSpec): NonNullable<BindingPlan["match"]> {
  return { ...(spec.kinds === undefined ? {} : { kinds: spec.kinds }), address: readAddressOrigin(spec) }
}

function readAddressOrigin(spec: MatchSpec): AddressOrigin {
  switch (spec.address) {
    case "FromSource":
      return { kind: "FromSource" }
    case "Pattern":
      return { kind: "Pattern", pattern: spec.pattern }
    case "Map": {
      const { name, key = "mailboxes.csv" } = spec.mapRef.configMapRef
      return { kind: "Map", configMapName: name, key }
    }
    default:
      return spec satisfies never
  }
}
