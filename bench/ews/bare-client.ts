import { readFileSync } from "node:fs"
import { Agent } from "node:https"
import { createRequire } from "node:module"
import { type BenchItem, benchItems } from "./item.ts"
import { phase, readJob, sayLoaded, sayPeak } from "./phases.ts"

/**
 * ews-javascript-api as its manual uses it, over its own HTTP, in chunks of 100 one after the other. It has no bulk calls
 * that cut, and writes texts into XML as they are: both are left to whoever uses it.
 */

const job = readJob()
// Fetched for the benchmark and not installed with calsync: the compiler knows nothing of it.
const fetched = createRequire(`${job.libraryFolder}/`)
// It asks Node for a function that Node has no more, wherever it writes an extended property.
fetched("node:util").isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
const ews = fetched("ews-javascript-api")
const chunkSize = 100
/** What servers give at most where there is a restriction. */
const pageSize = 250
const markProperty = new ews.ExtendedPropertyDefinition(
  new ews.Guid("6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21"),
  "calsync",
  ews.MapiPropertyType.String,
)
const service = openService()

/** Nobody is told of anything. */
const quietly = {
  create: ews.SendInvitationsMode.SendToNone,
  change: ews.SendInvitationsOrCancellationsMode.SendToNone,
}

async function run(): Promise<void> {
  const folder = new ews.FolderId(ews.WellKnownFolderName.Calendar, new ews.Mailbox(job.mailbox))
  sayLoaded()
  const items = benchItems(job.count)
  const fresh = items.map(appointmentOf)
  await phase("create", () => inChunks(fresh, some => service.CreateItems(some, folder, null, quietly.create)))
  const stored = await phase("list", () => list(folder))
  changeAll(stored, items)
  const rule = ews.ConflictResolutionMode.NeverOverwrite
  await phase("update", () => inChunks(stored, some => service.UpdateItems(some, null, rule, null, quietly.change)))
  const ids = stored.map(one => one.Id)
  const [mode, nobody] = [ews.DeleteMode.MoveToDeletedItems, ews.SendCancellationsMode.SendToNone]
  await phase("remove", () => inChunks(ids, some => service.DeleteItems(some, mode, nobody, null)))
  sayPeak()
}

function openService() {
  const opened = new ews.ExchangeService(ews.ExchangeVersion.Exchange2016, ews.TimeZoneInfo.Utc)
  const httpsAgent = new Agent({ ca: readFileSync(job.caFile), keepAlive: true })
  opened.XHRApi = new ews.XhrApi({ httpsAgent })
  opened.Url = new ews.Uri(job.url)
  opened.Credentials = new ews.WebCredentials(`${job.domain}\\${job.username}`, job.password)
  opened.ImpersonatedUserId = new ews.ImpersonatedUserId(ews.ConnectingIdType.SmtpAddress, job.mailbox)
  opened.HttpHeaders.Add("X-AnchorMailbox", job.mailbox)
  return opened
}

function appointmentOf({ subject, body, location, start, end, zone, mark }: BenchItem) {
  const appointment = new ews.Appointment(service)
  const moment = (text: string) =>
    new ews.DateTime(Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds)
  appointment.Subject = escaped(subject)
  appointment.Body = new ews.MessageBody(ews.BodyType.Text, escaped(body))
  appointment.Location = escaped(location)
  appointment.Start = moment(start)
  appointment.End = moment(end)
  appointment.StartTimeZone = ews.TimeZoneInfo.FindSystemTimeZoneById("Romance Standard Time")
  appointment.SetExtendedProperty(markProperty, escaped(mark))
  return appointment
}

/** All that carry the mark: their ids first, because lists have no bodies, and then the items. */
async function list(folder: unknown) {
  const wanted = new ews.SearchFilter.Exists(markProperty)
  const found = []
  for (let offset = 0; ; offset += pageSize) {
    const view = new ews.ItemView(pageSize, offset)
    view.PropertySet = new ews.PropertySet(ews.BasePropertySet.IdOnly)
    const { Items, MoreAvailable } = await service.FindItems(folder, wanted, view)
    found.push(...Items)
    if (!MoreAvailable) break
  }
  const { Subject, Body, Location, Start, End, LegacyFreeBusyStatus, IsAllDayEvent, AppointmentType } =
    ews.AppointmentSchema
  const fields = [Subject, Body, Location, Start, End, LegacyFreeBusyStatus, IsAllDayEvent, AppointmentType]
  const shape = new ews.PropertySet(ews.BasePropertySet.IdOnly, [...fields, markProperty])
  await inChunks(found, some => service.LoadPropertiesForItems(some, shape))
  return found
}

function changeAll(stored: Awaited<ReturnType<typeof list>>, items: readonly BenchItem[]): void {
  const byMark = new Map(items.map(item => [item.mark, item]))
  for (const one of stored) {
    const value = { outValue: undefined }
    one.TryGetExtendedProperty(markProperty, value)
    const item = byMark.get(String(value.outValue))
    if (!item) throw new Error("an item that was made is not in the listing")
    one.Location = escaped(item.newLocation)
    one.SetExtendedProperty(markProperty, escaped(item.newMark))
  }
}

/** Throws unless every item was done. */
async function inChunks<T>(
  items: readonly T[],
  send: (some: readonly T[]) => Promise<{ readonly OverallResult: unknown }>,
): Promise<void> {
  if (items.length !== job.count) throw new Error(`${items.length} of ${job.count} items`)
  for (let first = 0; first < items.length; first += chunkSize) {
    const answer = await send(items.slice(first, first + chunkSize))
    if (answer.OverallResult !== ews.ServiceResult.Success) throw new Error("not every item was done")
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}

await run()
