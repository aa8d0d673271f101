import type { CalendarSyncPolicySpec } from "../../operator/resources/calendar-sync-policy.ts"
import type { MailboxBindingSpec } from "../../operator/resources/mailbox-binding.ts"
import type { Cluster, Seen } from "./cluster.ts"
import { type FeedEvent, feedOf } from "./feed-text.ts"
import { binding, feedSource, policy } from "./manifests.ts"
import { basics, startWorld, type World, type WorldOptions } from "./world.ts"

/** Where most stories begin: a feed called `school` in Anna's mailbox, and an operator that keeps it so. */
export type School = World & {
  /** What the feed says from now on; nobody has looked yet. */
  publish(...events: readonly FeedEvent[]): void
  /** Has the source read and the mailbox synced, and gives the sync as it is then. */
  pass(): Promise<Seen>
}

export type SchoolOptions = WorldOptions & {
  readonly events?: readonly FeedEvent[]
  readonly policy?: Partial<CalendarSyncPolicySpec>
  readonly binding?: Partial<MailboxBindingSpec>
}

/** The manifests are applied; no operator runs yet. */
export async function openSchool(options: SchoolOptions = {}): Promise<School> {
  const { events = [], policy: policySpec = {}, binding: bindingSpec = {}, ...worldOptions } = options
  const world = await startWorld(worldOptions)
  const publish = (...published: readonly FeedEvent[]) => world.feeds.set("school", { body: feedOf(...published) })
  publish(...events)
  applySchool(world, world.cluster, { policy: policySpec, binding: bindingSpec })
  return { ...world, publish, pass: () => passOf(world.cluster, firstMailbox(options)) }
}

/** An operator has brought the events into the mailbox. Where it cannot, nothing is left running. */
export async function startSchool(options: SchoolOptions = {}): Promise<School> {
  const school = await openSchool(options)
  try {
    await school.cluster.startOperator()
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync(firstMailbox(options)))
    return school
  } catch (error) {
    await school.close().catch(() => undefined) // what went wrong first is told
    throw error
  }
}

function firstMailbox({ binding: spec }: Pick<SchoolOptions, "binding">): string | undefined {
  return spec?.mailboxes?.[0]?.address
}

/** The same manifests in any cluster: what Git would bring into a new one. */
export function applySchool(
  world: World,
  cluster: Cluster,
  specs: Pick<SchoolOptions, "policy" | "binding"> = {},
): void {
  cluster.apply(
    ...basics(world.exchange, { backend: world.backend }),
    policy(specs.policy),
    feedSource({ url: `${world.feeds.url}/school` }),
    binding(specs.binding),
  )
}

/** The source is read first; what it wakes and what is asked for are then one pass. */
export async function passOf(cluster: Cluster, mailbox?: string): Promise<Seen> {
  await cluster.request(cluster.find("CalendarSource"))
  return await cluster.request(cluster.sync(mailbox))
}
