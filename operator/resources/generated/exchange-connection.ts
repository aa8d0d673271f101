// Made from crds/ by scripts/generate.ts. Edit the CRD, then `npm run generate`.

/** ExchangeConnection.spec. What is wanted. */
export type ExchangeConnectionSpec = {
  /** How the servers' certificates are judged. */
  readonly tls?: {
    /** Certificates trusted besides the public ones, for servers behind a private authority. */
    readonly caBundle?: {
      /** The ConfigMap that holds the certificates, in the same namespace. */
      readonly configMapRef: {
        /** Name of the ConfigMap. */
        readonly name: string
        /** The key with the PEM text. Absent means `ca.crt`. */
        readonly key?: string
      }
    }
  }
  /** Which mailboxes may be touched through this connection. Denied unless named here, whatever a binding asks for. It does not replace the scope in Exchange (RBAC for Applications, or a management scope), it is a second lock. */
  readonly accessPolicy: {
    /** Every mailbox whose address is in one of these domains; a subdomain is another domain. Case does not matter. */
    readonly domains?: readonly string[]
    /** Further single mailboxes, by address. */
    readonly mailboxes?: readonly string[]
    /** Mailboxes that are never touched. Wins over everything else. */
    readonly except?: readonly string[]
    /** Two mailboxes with which calsync proves, again and again, that Exchange itself enforces the scope of this credential. The finding is the condition AccessScoped. */
    readonly proof?: {
      /** A mailbox this credential must be able to reach. Also used to test the connection. */
      readonly allowed: string
      /** A mailbox this credential must not be able to reach. Absent means that nothing is proved and AccessScoped stays Unknown with reason ProofNotConfigured. */
      readonly denied?: string
    }
    /** Whether nothing is synced while the denied mailbox can be reached (reason OverPrivileged). Absent means true when `proof.denied` is given, else false. */
    readonly requireProof?: boolean
  }
  /** From which namespaces a MailboxBinding may refer to this connection. Absent means from its own only. */
  readonly allowedNamespaces?: (
    | {
        /** Same, the connection's own namespace; All; or Selector, the namespaces whose labels match. */
        readonly from: "Same" | "All"
        readonly selector?: never
      }
    | {
        /** Same, the connection's own namespace; All; or Selector, the namespaces whose labels match. */
        readonly from: "Selector"
        /** Labels of the namespaces, for `from` Selector. */
        readonly selector: {
          /** Labels the object must have, with these values. */
          readonly matchLabels?: Readonly<Record<string, string>>
          /** Requirements on labels, all of which must hold. */
          readonly matchExpressions?: readonly {
            /** The label's name. */
            readonly key: string
            /** How the label's value is compared with `values`. */
            readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist"
            /** The values, for In and NotIn. */
            readonly values?: readonly string[]
          }[]
        }
      }
  )
  /** How hard Exchange may be worked through this connection. */
  readonly limits?: {
    /** Requests in flight per mailbox. Exchange Online allows four; Exchange Server allows an account 27 over all mailboxes together, and calsync stays below that. Absent means 4. */
    readonly concurrencyPerMailbox?: number
    /** Requests per second over all mailboxes together. Absent means 50. */
    readonly requestsPerSecond?: number
  }
  /** Ids of other calsync installations whose copies count as ours from now on: a cluster that moved, or one that was lost. Everybody else's copies are never touched. */
  readonly takeOver?: readonly string[]
  /** Stops every request through this connection; status stays as it is, Ready says Suspended. */
  readonly suspend?: boolean
} & (
  | {
      /** Exchange Online through Microsoft Graph, with an application registered in Entra ID. */
      readonly graph: {
        /** The organisation: directory (tenant) id, or one of its verified domains. Immutable, because the mailboxes behind another tenant are other mailboxes. */
        readonly tenantId: string
        /** The application (client) id of the registration. */
        readonly clientId: string
        /** Which Microsoft cloud the tenant lives in; decides the addresses of Graph and of the token service. Absent means Global. */
        readonly cloud?: "Global" | "USGov" | "USGovDoD" | "China"
        /** Other addresses than those of the cloud, for proxies and simulators. */
        readonly endpoints?: {
          /** Root of the token service. Absent means the address of the cloud. */
          readonly login?: string
          /** Root of Microsoft Graph, without the version. Absent means the address of the cloud. */
          readonly graph?: string
        }
        /** How the application proves who it is. Exactly one; the strongest that is possible. */
        readonly credentials: (
          | {
              /** The strongest: the operator's own service account token, exchanged for one of Entra ID. No secret exists that could leak or expire. Needs a federated credential on the application. */
              readonly workloadIdentity: {
                /** The audience of the projected token. Absent means `api://AzureADTokenExchange`. */
                readonly audience?: string
              }
              readonly certificateSecretRef?: never
              readonly clientSecretRef?: never
            }
          | {
              /** A certificate, from a Secret in the same namespace with the keys `tls.crt` and `tls.key`. */
              readonly certificateSecretRef: {
                /** Name of the Secret. */
                readonly name: string
              }
              readonly workloadIdentity?: never
              readonly clientSecretRef?: never
            }
          | {
              /** The weakest, a client secret, from a Secret in the same namespace. */
              readonly clientSecretRef: {
                /** Name of the Secret. */
                readonly name: string
                /** The key that holds the client secret. Absent means `clientSecret`. */
                readonly key?: string
              }
              readonly workloadIdentity?: never
              readonly certificateSecretRef?: never
            }
        )
      }
      readonly ews?: never
    }
  | {
      /** Exchange Server through its web services (EWS). A connection may change between `ews` and `graph`, as an organisation that moves to Exchange Online does: the copies in its mailboxes are found again. */
      readonly ews: {
        /** Address of the web services, /EWS/Exchange.asmx of the server or of the load balancer before it. May change: another name for the same organisation leads to the same mailboxes. */
        readonly url: string
        /** Connect to this address instead of where the url's name leads, past a load balancer or without a DNS entry. The url's name is still the one the certificate must have. */
        readonly resolveTo?: string
        /** The version requests are written for. Absent means that it is found out with the server's first answers, which is right but for a proxy that hides them. */
        readonly version?: "Exchange2007_SP1" | "Exchange2010_SP2" | "Exchange2013" | "Exchange2013_SP1" | "Exchange2016"
        /** How the account comes into a mailbox: Impersonation, with the role ApplicationImpersonation, best limited by a management scope; or Delegate, with rights on the mailbox or its calendar. Absent means Impersonation. */
        readonly access?: "Impersonation" | "Delegate"
        /** The IANA zone, such as Europe/Copenhagen, in which days begin for mailboxes that do not say it themselves: all-day events begin at its midnight. A mailbox says it once its owner has chosen a zone in Outlook on the web. Absent means that all-day events are reported, and not made, where it does not. */
        readonly timeZone?: string
        /** How the operator logs in. Exactly one. */
        readonly credentials: (
          | {
              /** An account of the domain, logged in with Basic authentication, from a Secret in the same namespace with the keys `username`, `password` and, where the username names no domain, optionally `domain`. */
              readonly basicSecretRef: {
                /** Name of the Secret. */
                readonly name: string
              }
              readonly ntlmSecretRef?: never
              readonly oauth?: never
            }
          | {
              /** An account of the domain, logged in with NTLM (version 2, with channel binding), from a Secret like that of basicSecretRef. */
              readonly ntlmSecretRef: {
                /** Name of the Secret. */
                readonly name: string
              }
              readonly basicSecretRef?: never
              readonly oauth?: never
            }
          | {
              /** Hybrid modern authentication: tokens of Entra ID for the server's own address, with an application registered there. */
              readonly oauth: {
                /** The directory (tenant) id of the organisation, or one of its verified domains. */
                readonly tenantId: string
                /** The application (client) id of the registration. */
                readonly clientId: string
                /** Which Microsoft cloud the tenant lives in; decides the address of the token service. Absent means Global. */
                readonly cloud?: "Global" | "USGov" | "USGovDoD" | "China"
                /** Another address than that of the cloud, for proxies and simulators. */
                readonly endpoints?: {
                  /** Root of the token service. Absent means the address of the cloud. */
                  readonly login?: string
                }
              } & (
                | {
                    /** A certificate, from a Secret in the same namespace with the keys `tls.crt` and `tls.key`. */
                    readonly certificateSecretRef: {
                      /** Name of the Secret. */
                      readonly name: string
                    }
                    readonly clientSecretRef?: never
                  }
                | {
                    /** A client secret, from a Secret in the same namespace. */
                    readonly clientSecretRef: {
                      /** Name of the Secret. */
                      readonly name: string
                      /** The key that holds the client secret. Absent means `clientSecret`. */
                      readonly key?: string
                    }
                    readonly certificateSecretRef?: never
                  }
              )
              readonly basicSecretRef?: never
              readonly ntlmSecretRef?: never
            }
        )
      }
      readonly graph?: never
    }
)

/** ExchangeConnection.status. What was found. */
export type ExchangeConnectionStatus = {
  /** The generation of the spec this status is about; -1 until the operator has seen the object. */
  readonly observedGeneration?: number
  /** What is true of this object now, one entry per type. `Ready` sums up; `Reconciling` and `Stalled` are present only while True. The reasons are a closed list, see docs/reasons.md. */
  readonly conditions?: readonly {
    /** Which question this condition answers. */
    readonly type: string
    /** The answer. */
    readonly status: "True" | "False" | "Unknown"
    /** The generation of the object this answer is about. */
    readonly observedGeneration?: number
    /** When the status changed last. */
    readonly lastTransitionTime: string
    /** Why, in one word of the closed list; fit for alerts. */
    readonly reason: string
    /** Why, for people, and what to do about it. Never a secret and never text of an event. */
    readonly message: string
  }[]
  /** What answered. */
  readonly server?: {
    /** The product, such as Exchange Server 2019. */
    readonly product?: string
    /** Its version, where it has one. */
    readonly version?: string
  }
  /** The credential in use; never the secret itself. */
  readonly credentials?: {
    /** Which kind of credential. */
    readonly kind?: "workloadIdentity" | "certificate" | "secret" | "basic" | "ntlm" | "oauth"
    /** When it ends, where that can be known. */
    readonly expiresAt?: string
  }
  /** How many mailboxes are synced through this connection. */
  readonly mailboxes?: number
  /** When the connection was tested last, step by step from DNS to a call on the proof's mailboxes. */
  readonly lastProbeTime?: string
  /** The last value of the annotation `calsync.dev/requestedAt` that was acted upon. */
  readonly lastHandledReconcileAt?: string
}

