/** For every CEL rule of the CRDs a spec it accepts and one it refuses, and only it. With `old` both are updates of that. */
export type RuleCase = {
  readonly kind: string
  readonly path: string
  readonly message: string
  readonly accepted: object
  readonly refused: object
  readonly old?: object
}

const graph = {
  tenantId: "contoso.onmicrosoft.com",
  clientId: "22222222-2222-4222-8222-222222222222",
  credentials: { workloadIdentity: {} },
}
const accessPolicy = { domains: ["contoso.com"] }
const connection = { graph, accessPolicy }
const server = (changes: object) => ({
  ews: {
    url: "https://mail.contoso.com/EWS/Exchange.asmx",
    credentials: { basicSecretRef: { name: "a" } },
    ...changes,
  },
  accessPolicy,
})
const hybrid = (changes: object) => {
  const { tenantId, clientId } = graph
  return server({ credentials: { oauth: { tenantId, clientId, clientSecretRef: { name: "a" }, ...changes } } })
}
const refs = { connectionRef: { name: "a" }, sourceRef: { name: "b" }, policyRef: { name: "c" } }
const start = { dateTime: "2026-12-01T20:00:00", timeZone: "Europe/Copenhagen" }
const event = { subject: "Drill", start, identities: ["team/platform"] }
const allDay = { subject: "Holiday", start: { date: "2026-12-24" }, identities: ["team/platform"] }
const sync = { mailbox: "anna@contoso.com", identity: "AN", bindingRef: { name: "timetable" } }

const expression = {
  message: "give values with In and NotIn, and none with Exists and DoesNotExist",
  accepted: { matchExpressions: [{ key: "team", operator: "In", values: ["a"] }] },
  refused: { matchExpressions: [{ key: "team", operator: "Exists", values: ["a"] }] },
}
const oneMoment = "give exactly one of dateTime (with timeZone) and date (all-day)"
const zonedMoment = "give timeZone with dateTime, such as Europe/Copenhagen; an all-day date has none"
const oneSubject = "give subject or hideSubject, not both"
const longReminder = "reminder comes at most 14d before the start"

function lookCase(field: string, message: string, [accepted, refused]: readonly [string, string]): readonly RuleCase[] {
  const kind = "CalendarSyncPolicy"
  const ofType = (value: string) => ({ appearance: { types: { exam: { [field]: value } } } })
  const of = (value: string) => ({ appearance: { [field]: value } })
  return [
    { kind, path: `spec.appearance.${field}`, message, accepted: of(accepted), refused: of(refused) },
    {
      kind,
      path: `spec.appearance.types.<name>.${field}`,
      message,
      accepted: ofType(accepted),
      refused: ofType(refused),
    },
  ]
}

export const ruleCases: readonly RuleCase[] = [
  {
    kind: "ExchangeConnection",
    path: "spec",
    message:
      "give exactly one backend: spec.graph (Microsoft Graph, for Exchange Online) or spec.ews (for Exchange Server)",
    // An organisation that moved to a server, or to Exchange Online: a connection may change its backend.
    old: connection,
    accepted: server({}),
    refused: { ...connection, ...server({}) },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.graph.tenantId",
    message:
      "tenantId cannot change; create a new ExchangeConnection for the other tenant and point the bindings at it",
    old: connection,
    accepted: { ...connection, suspend: true },
    refused: { ...connection, graph: { ...graph, tenantId: "fabrikam.onmicrosoft.com" } },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.graph.endpoints.login",
    message: "login must be an https address without a path, such as https://login.microsoftonline.com",
    accepted: { ...connection, graph: { ...graph, endpoints: { login: "https://127.0.0.1:8443/" } } },
    refused: { ...connection, graph: { ...graph, endpoints: { login: "http://127.0.0.1:8443" } } },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.graph.endpoints.graph",
    message: "graph must be an https address without a path, such as https://graph.microsoft.com",
    accepted: { ...connection, graph: { ...graph, endpoints: { graph: "https://graph.example.com" } } },
    refused: { ...connection, graph: { ...graph, endpoints: { graph: "https://graph.example.com/v1.0" } } },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.graph.credentials",
    message: "give exactly one of workloadIdentity, certificateSecretRef and clientSecretRef",
    accepted: { ...connection, graph: { ...graph, credentials: { clientSecretRef: { name: "a" } } } },
    refused: {
      ...connection,
      graph: { ...graph, credentials: { workloadIdentity: {}, clientSecretRef: { name: "a" } } },
    },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.ews.url",
    message: "url must be the https address of EWS itself, such as https://mail.example.com/EWS/Exchange.asmx",
    old: server({}),
    accepted: server({ url: "https://exchange.contoso.com:8443/ews/exchange.ASMX" }),
    refused: server({ url: "https://mail.contoso.com/owa" }),
  },
  {
    kind: "ExchangeConnection",
    path: "spec.ews.url",
    message:
      "EWS is switched off in Exchange Online: reach its mailboxes with spec.graph; spec.ews is for Exchange Server",
    accepted: server({ url: "https://outlook.office365.com.contoso.com/EWS/Exchange.asmx" }),
    refused: server({ url: "https://Outlook.Office365.com/EWS/Exchange.asmx" }),
  },
  {
    kind: "ExchangeConnection",
    path: "spec.ews.resolveTo",
    message: "resolveTo must be an IP address, such as 10.1.2.3; the name stays in url",
    accepted: server({ resolveTo: "2001:db8::25" }),
    refused: server({ resolveTo: "exchange-1.contoso.com" }),
  },
  {
    kind: "ExchangeConnection",
    path: "spec.ews.credentials",
    message: "give exactly one of basicSecretRef, ntlmSecretRef and oauth",
    accepted: server({ credentials: { ntlmSecretRef: { name: "a" } } }),
    refused: server({ credentials: { basicSecretRef: { name: "a" }, ntlmSecretRef: { name: "a" } } }),
  },
  {
    kind: "ExchangeConnection",
    path: "spec.ews.credentials.oauth",
    message: "give exactly one of certificateSecretRef and clientSecretRef",
    accepted: hybrid({}),
    refused: hybrid({ certificateSecretRef: { name: "b" } }),
  },
  {
    kind: "ExchangeConnection",
    path: "spec.ews.credentials.oauth.endpoints.login",
    message: "login must be an https address without a path, such as https://login.microsoftonline.com",
    accepted: hybrid({ endpoints: { login: "https://127.0.0.1:8443" } }),
    refused: hybrid({ endpoints: { login: "https://login.microsoftonline.com/contoso.com" } }),
  },
  {
    kind: "ExchangeConnection",
    path: "spec.accessPolicy",
    message: "name at least one domain or one mailbox that may be touched; everything else stays out of reach",
    accepted: { ...connection, accessPolicy: { mailboxes: ["anna@contoso.com"] } },
    refused: { ...connection, accessPolicy: { domains: [], except: ["anna@contoso.com"] } },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.accessPolicy",
    message: "requireProof needs proof.denied: a mailbox that Exchange must refuse to this credential",
    accepted: {
      ...connection,
      accessPolicy: { ...accessPolicy, requireProof: false, proof: { allowed: "a@contoso.com" } },
    },
    refused: {
      ...connection,
      accessPolicy: { ...accessPolicy, requireProof: true, proof: { allowed: "a@contoso.com" } },
    },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.accessPolicy.proof",
    message: "denied must be another mailbox than allowed, one that Exchange must refuse",
    accepted: {
      ...connection,
      accessPolicy: { ...accessPolicy, proof: { allowed: "a@contoso.com", denied: "b@contoso.com" } },
    },
    refused: {
      ...connection,
      accessPolicy: { ...accessPolicy, proof: { allowed: "a@contoso.com", denied: "a@contoso.com" } },
    },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.allowedNamespaces",
    message: "give selector with `from: Selector`, and only then",
    accepted: { ...connection, allowedNamespaces: { from: "Selector", selector: {} } },
    refused: { ...connection, allowedNamespaces: { from: "All", selector: {} } },
  },
  {
    kind: "ExchangeConnection",
    path: "spec.allowedNamespaces.selector.matchExpressions[]",
    message: expression.message,
    accepted: { ...connection, allowedNamespaces: { from: "Selector", selector: expression.accepted } },
    refused: { ...connection, allowedNamespaces: { from: "Selector", selector: expression.refused } },
  },
  {
    kind: "CalendarSource",
    path: "spec",
    message: "give exactly one of ical (iCalendar feeds) and events (CalendarEvent objects in this namespace)",
    accepted: { events: {} },
    refused: { events: {}, ical: { url: "https://example.com/a.ics" } },
  },
  {
    kind: "CalendarSource",
    path: "spec.ical",
    message: "give exactly one of url, urlTemplate and configMapRef",
    accepted: { ical: { configMapRef: { name: "feed" } } },
    refused: { ical: { configMapRef: { name: "feed" }, url: "https://example.com/a.ics" } },
  },
  {
    kind: "CalendarSource",
    path: "spec.ical",
    message: "credentialsSecretRef belongs to url and urlTemplate; a ConfigMap needs no credentials",
    accepted: { ical: { url: "https://example.com/a.ics", credentialsSecretRef: { name: "feed" } } },
    refused: { ical: { configMapRef: { name: "feed" }, credentialsSecretRef: { name: "feed" } } },
  },
  {
    kind: "CalendarSource",
    path: "spec.ical",
    message: "credentials are only sent over https; change the address to https:// or drop credentialsSecretRef",
    accepted: { ical: { urlTemplate: "https://example.com/{identity}.ics", credentialsSecretRef: { name: "feed" } } },
    refused: { ical: { urlTemplate: "http://example.com/{identity}.ics", credentialsSecretRef: { name: "feed" } } },
  },
  {
    kind: "CalendarSource",
    path: "spec.ical.url",
    message:
      "url must be an https://, http:// or webcal:// address without a user name in it; credentials go into credentialsSecretRef",
    accepted: { ical: { url: "webcal://example.com/a.ics?key=b@c" } },
    refused: { ical: { url: "https://anna:secret@example.com/a.ics" } },
  },
  {
    kind: "CalendarSource",
    path: "spec.ical.urlTemplate",
    message: "urlTemplate must be an https://, http:// or webcal:// address with {identity} in its path or query",
    accepted: { ical: { urlTemplate: "https://example.com/feed?who={identity}" } },
    refused: { ical: { urlTemplate: "https://{identity}.example.com/feed" } },
  },
  {
    kind: "CalendarSource",
    path: "spec.events.selector.matchExpressions[]",
    message: expression.message,
    accepted: { events: { selector: expression.accepted } },
    refused: { events: { selector: expression.refused } },
  },
  {
    kind: "CalendarSource",
    path: "spec.interval",
    message: "interval must be at least 10s",
    accepted: { events: {}, interval: "1d" },
    refused: { events: {}, interval: "9s" },
  },
  {
    kind: "CalendarSource",
    path: "spec.timeout",
    message: "timeout must be between 1s and 10m",
    accepted: { events: {}, timeout: "10m" },
    refused: { events: {}, timeout: "1d" },
  },
  {
    kind: "CalendarSyncPolicy",
    path: "spec",
    message:
      "onUnbind: Purge deletes copies, which this management mode never does; use management: Full or onUnbind: Retain",
    accepted: { deletion: { onUnbind: "Purge" } },
    refused: { deletion: { onUnbind: "Purge" }, management: "UpsertOnly" },
  },
  {
    kind: "CalendarSyncPolicy",
    path: "spec.schedule.interval",
    message: "interval must be at least 30s; changes do not wait for it",
    accepted: { schedule: { interval: "30s" } },
    refused: { schedule: { interval: "0d" } },
  },
  {
    kind: "CalendarSyncPolicy",
    path: "spec.appearance",
    message: oneSubject,
    accepted: { appearance: { subject: "{{subject}}" } },
    refused: { appearance: { subject: "{{subject}}", hideSubject: "Busy" } },
  },
  {
    kind: "CalendarSyncPolicy",
    path: "spec.appearance.types",
    message: "the name of a type has at most 100 characters",
    accepted: { appearance: { types: { ["a".repeat(100)]: {} } } },
    refused: { appearance: { types: { ["a".repeat(101)]: {} } } },
  },
  {
    kind: "CalendarSyncPolicy",
    path: "spec.appearance.types.<name>",
    message: oneSubject,
    accepted: { appearance: { types: { exam: { hideSubject: "Busy" } } } },
    refused: { appearance: { types: { exam: { subject: "{{subject}}", hideSubject: "Busy" } } } },
  },
  ...lookCase("reminder", longReminder, ["14d", "15d"]),
  ...lookCase("defaultDuration", "defaultDuration is at most 7d", ["10080m", "10081m"]),
  {
    kind: "CalendarEvent",
    path: "spec.reminder",
    message: longReminder,
    accepted: { ...event, reminder: "20160m" },
    refused: { ...event, reminder: "20161m" },
  },
  {
    kind: "MailboxBinding",
    path: "spec",
    message: "say which mailboxes: list them under mailboxes, or give match for everyone the source knows",
    accepted: { ...refs, match: { address: "FromSource" } },
    refused: { ...refs, mailboxes: [] },
  },
  {
    kind: "MailboxBinding",
    path: "spec.match",
    message: "give pattern with `address: Pattern`, and only then",
    accepted: { ...refs, match: { address: "Pattern", pattern: "{name|lower}@school.dk" } },
    refused: { ...refs, match: { address: "FromSource", pattern: "{name|lower}@school.dk" } },
  },
  {
    kind: "MailboxBinding",
    path: "spec.match",
    message: "give mapRef with `address: Map`, and only then",
    accepted: { ...refs, match: { address: "Map", mapRef: { configMapRef: { name: "rooms" } } } },
    refused: { ...refs, match: { address: "Map" } },
  },
  {
    kind: "MailboxBinding",
    path: "spec.match.pattern",
    message: "pattern must be an address with {id}, {kind} or {name} before the @, such as {name|lower}@school.dk",
    accepted: { ...refs, match: { address: "Pattern", pattern: "{kind}-{name}@school.dk" } },
    refused: { ...refs, match: { address: "Pattern", pattern: "everybody@school.dk" } },
  },
  {
    kind: "CalendarSync",
    path: "spec",
    message: "a CalendarSync belongs to the operator and never changes; edit the MailboxBinding instead",
    old: sync,
    accepted: sync,
    refused: { ...sync, mailbox: "bo@contoso.com" },
  },
  {
    kind: "CalendarEvent",
    path: "spec",
    message: "give end or duration, not both",
    accepted: { ...event, duration: "2h" },
    refused: { ...event, end: { ...start, dateTime: "2026-12-01T22:00:00" }, duration: "2h" },
  },
  {
    kind: "CalendarEvent",
    path: "spec",
    message: "start and end must both be all-day dates or both be times",
    accepted: { ...event, end: { ...start, dateTime: "2026-12-01T22:00:00" } },
    refused: { ...event, end: { date: "2026-12-02" } },
  },
  {
    kind: "CalendarEvent",
    path: "spec",
    message: "the end of an all-day event is the first day after it: 2026-12-25 for the 24th of December",
    accepted: { ...allDay, end: { date: "2026-12-25" } },
    refused: { ...allDay, end: { date: "2026-12-24" } },
  },
  {
    kind: "CalendarEvent",
    path: "spec",
    message: "the end must not be before the start",
    accepted: { ...event, end: { dateTime: "2026-12-01T19:30:00", timeZone: "Europe/London" } },
    refused: { ...event, end: { ...start, dateTime: "2026-12-01T19:30:00" } },
  },
  {
    kind: "CalendarEvent",
    path: "spec",
    message: "an all-day event lasts whole days, such as 2d",
    accepted: { ...allDay, duration: "2d" },
    refused: { ...allDay, duration: "48h" },
  },
  {
    kind: "CalendarEvent",
    path: "spec",
    message: "exdates must have the form of start, dates for an all-day event and times otherwise",
    accepted: { ...event, recurrence: { rrule: "FREQ=WEEKLY", exdates: ["2026-12-08T20:00:00"] } },
    refused: { ...event, recurrence: { rrule: "FREQ=WEEKLY", exdates: ["2026-12-08"] } },
  },
  {
    kind: "CalendarEvent",
    path: "spec",
    message: "rdates must have the form of start, dates for an all-day event and times otherwise",
    accepted: { ...allDay, recurrence: { rdates: ["2027-12-24"] } },
    refused: { ...allDay, recurrence: { rdates: ["2027-12-24T00:00:00"] } },
  },
  {
    kind: "CalendarEvent",
    path: "spec.recurrence",
    message: "give an rrule or rdates, or leave recurrence out",
    accepted: { ...allDay, recurrence: { rrule: "FREQ=YEARLY" } },
    refused: { ...allDay, recurrence: { rdates: [] } },
  },
  {
    kind: "CalendarEvent",
    path: "spec.recurrence.rrule",
    message: "rrule must be the value of an RFC 5545 RRULE with a FREQ, such as FREQ=WEEKLY;BYDAY=TU",
    accepted: { ...event, recurrence: { rrule: "INTERVAL=2;FREQ=MONTHLY;BYDAY=-1FR;COUNT=10" } },
    refused: { ...event, recurrence: { rrule: "RRULE:FREQ=MONTHLY" } },
  },
  {
    kind: "CalendarEvent",
    path: "spec.url",
    message: "url must be an http:// or https:// address",
    accepted: { ...event, url: "https://git.example.com/releases" },
    refused: { ...event, url: "javascript:alert(1)" },
  },
  ...(["start", "end"] as const).flatMap(field => [
    {
      kind: "CalendarEvent",
      path: `spec.${field}`,
      message: oneMoment,
      accepted: { ...allDay, [field]: { date: field === "start" ? "2026-12-24" : "2026-12-25" } },
      refused: field === "start" ? { ...event, start: {} } : { ...event, end: {} },
    },
    {
      kind: "CalendarEvent",
      path: `spec.${field}`,
      message: zonedMoment,
      accepted: { ...event, [field]: start },
      refused: {
        ...allDay,
        [field]: { date: field === "start" ? "2026-12-24" : "2026-12-25", timeZone: "Europe/Copenhagen" },
      },
    },
  ]),
]
