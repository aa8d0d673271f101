/**
 * Every question that documentation and field notes leave open, as a switch, so that both answers can be exercised.
 * The defaults are what we believe; a client must be right under the others too.
 */
export type Switches = {
  /** What a stale If-Match gets on an event. */
  readonly ifMatchStatus: 412 | 409
  /** Whether DELETE looks at If-Match at all. */
  readonly deleteHonoursIfMatch: boolean
  /** The immutable id of a deleted item finds it in Deleted Items. */
  readonly deletedStayReachable: boolean
  /** A repeated transactionId with the same payload: the first event again, or an error. */
  readonly transactionIdRepeat: "sameEvent" | "error"
  readonly transactionIdStatus: 409 | 400
  /** Whether that error names the event that exists (`@event.existingEventId`). */
  readonly transactionIdNamesEvent: boolean
  /** v1.0 `events/delta`, which only beta documents. */
  readonly eventsDelta: "sparse" | "notSupported"
  /** The text of a 403 that RBAC for Applications causes. */
  readonly accessDeniedText: string
  readonly accessPolicyText: string
  /** `isDraft: true` on a create keeps invitations back. */
  readonly draftSuppressesInvitations: boolean
  /** A changed pattern or time of a series drops its exceptions and cancellations. */
  readonly patternChangeDropsExceptions: boolean
  /** Occurrences show the named properties of their master. */
  readonly occurrencesInheritProperties: boolean
  /** A calendar view refuses a $select of createdDateTime and lastModifiedDateTime. */
  readonly viewRefusesStamps: boolean
  /** The highest numberOfOccurrences. */
  readonly maximumOccurrences: number
  /** Whether delta says a deleted series as its master only, or its occurrences too. */
  readonly deltaNamesOccurrencesOfDeletedSeries: boolean
  /** Tombstones for events that never were in the window. */
  readonly deltaTombstonesOutOfWindow: boolean
  readonly deltaShuffles: boolean
  /** Some entries come twice in one round. */
  readonly deltaDuplicates: boolean
  /** Pages without entries but with a nextLink. */
  readonly deltaEmptyPages: boolean
  readonly deltaTokenLifetimeMs: number
  /** Whether changed policies and assignments wait for the permission caches (30 minutes, 2 hours when busy). */
  readonly slowPermissionChanges: boolean
  readonly throttling: boolean
  readonly concurrentRequestsPerMailbox: number
  readonly requestsPerTenMinutes: number
  /** What a client over the concurrency limit gets. */
  readonly concurrencyStatus: 429 | 503
  readonly retryAfterSeconds: number | undefined
  /** What a raw `+` in a query means. */
  readonly plusInQuery: "space" | "refused"
  /** The steps of a batch are answered in another order than asked. */
  readonly batchShuffles: boolean
  /**
   * What becomes of a TimeZoneContext in a request for a schema of 2007: the reference says it came with 2010, and
   * Microsoft's own client sends it to Exchange 2007 SP1 with every request.
   */
  readonly timeZoneContextIn2007: "honoured" | "ignored" | "refused"
  /**
   * Whether a MeetingTimeZone is given back to who asks for it: the schema has a place for it, with the zone's name in
   * `TimeZoneName`, and exchangelib reads none but `Id` and `Name`, over which it stumbles.
   */
  readonly meetingTimeZoneGivenBack: boolean
  /** What one request too many at a time gets from Exchange Server. */
  readonly tooManyConnections: "ErrorExceededConnectionCount" | "ErrorServerBusy"
  /** What Exchange Server makes of impersonation without X-AnchorMailbox: it finds the mailbox all the same, or not. */
  readonly missingAnchor: "served" | 500 | 503
  /** Ordinary creates notify created and updated. */
  readonly notificationNoise: boolean
  /** What `iCalUId` shows of a UID that came from elsewhere: the global object id it is wrapped in, or the UID itself. */
  readonly foreignUidsInGraph: "wrapped" | "asGiven"
  /** EWS: how many items a search without pages may find (EWSFindCountLimit). */
  readonly findCountLimit: number
  /** EWS: what AutoResolve makes of a stale change key: nothing, or the later write goes over the earlier one. */
  readonly autoResolve: "refused" | "laterWins"
  /** EWS: how many events wait for a subscriber before the oldest are lost. */
  readonly eventsKeptPerSubscription: number
}

const DAY_MS = 86_400_000

export const defaultSwitches: Switches = {
  ifMatchStatus: 412,
  deleteHonoursIfMatch: true,
  deletedStayReachable: false,
  transactionIdRepeat: "sameEvent",
  transactionIdStatus: 409,
  transactionIdNamesEvent: true,
  eventsDelta: "sparse",
  accessDeniedText: "Access is denied. Check credentials and try again.",
  accessPolicyText: "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.",
  draftSuppressesInvitations: false,
  patternChangeDropsExceptions: true,
  occurrencesInheritProperties: true,
  viewRefusesStamps: true,
  maximumOccurrences: 999,
  deltaNamesOccurrencesOfDeletedSeries: true,
  deltaTombstonesOutOfWindow: true,
  deltaShuffles: true,
  deltaDuplicates: true,
  deltaEmptyPages: false,
  deltaTokenLifetimeMs: 7 * DAY_MS,
  slowPermissionChanges: false,
  throttling: true,
  concurrentRequestsPerMailbox: 4,
  requestsPerTenMinutes: 10_000,
  concurrencyStatus: 429,
  retryAfterSeconds: 1,
  plusInQuery: "space",
  batchShuffles: true,
  timeZoneContextIn2007: "honoured",
  meetingTimeZoneGivenBack: true,
  tooManyConnections: "ErrorExceededConnectionCount",
  missingAnchor: "served",
  notificationNoise: true,
  foreignUidsInGraph: "wrapped",
  findCountLimit: 1000,
  autoResolve: "refused",
  eventsKeptPerSubscription: 5000,
}
