import { textAt } from "../store/json.ts"
import type { Mailbox } from "../store/mailbox.ts"
import { type Call, ok, type Reply } from "./call.ts"
import { evaluate, parseFilter } from "./filter.ts"
import { GraphError } from "./graph-error.ts"
import { pageOf } from "./page.ts"
import { renderCalendar } from "./render-event.ts"
import type { Target } from "./target.ts"

/** Calendars of a mailbox. https://learn.microsoft.com/graph/api/user-list-calendars */

export function listCalendars(call: Call, mailbox: Mailbox): Reply {
  const filter = call.query.get("filter")
  const parsed = filter === undefined ? undefined : parseFilter(filter)
  const rows = [...mailbox.calendars.values()].filter(
    calendar =>
      !parsed || evaluate(parsed, { rows: () => [], value: path => (path === "name" ? calendar.name : null) }),
  )
  return pageOf(call, {
    rows,
    context: `users('${mailbox.id}')/calendars`,
    render: calendar => selected(call, renderCalendar(mailbox, calendar)),
  })
}

export function getCalendar(call: Call, { mailbox, folder }: Target): Reply {
  const calendar = mailbox.calendars.get(folder)
  if (!calendar) throw new GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
  const context = `${call.origin}/v1.0/$metadata#users('${mailbox.id}')/calendar/$entity`
  return ok({ "@odata.context": context, ...selected(call, renderCalendar(mailbox, calendar)) })
}

export function createCalendar(call: Call, mailbox: Mailbox): Reply {
  const name = textAt(call.body, "name")?.trim() ?? ""
  if (name === "") throw new GraphError(400, "ErrorInvalidArgument", "The name of a calendar must not be empty.")
  refuseTaken(mailbox, name)
  const calendar = call.store.addCalendar(mailbox, name, { color: textAt(call.body, "color") ?? "auto" })
  return { status: 201, body: renderCalendar(mailbox, calendar) }
}

export function updateCalendar(call: Call, { mailbox, folder }: Target): Reply {
  const calendar = mailbox.calendars.get(folder)
  const name = textAt(call.body, "name")
  if (calendar && name !== undefined) {
    if (name.toLowerCase() !== calendar.name.toLowerCase()) refuseTaken(mailbox, name)
    mailbox.calendars.set(folder, { ...calendar, name })
  }
  return getCalendar(call, { mailbox, folder, named: true })
}

export function deleteCalendar(call: Call, { mailbox, folder }: Target): Reply {
  if (mailbox.calendars.get(folder)?.isDefault)
    throw new GraphError(400, "ErrorCannotDeleteObject", "Distinguished folders cannot be deleted.")
  call.store.removeCalendar(mailbox, folder)
  return { status: 204 }
}

function refuseTaken(mailbox: Mailbox, name: string): void {
  const taken = [...mailbox.calendars.values()].some(calendar => calendar.name.toLowerCase() === name.toLowerCase())
  if (taken) throw new GraphError(409, "ErrorFolderExists", "A folder with the specified name already exists.")
}

function selected(call: Call, calendar: Record<string, unknown>): Record<string, unknown> {
  const select = call.query.get("select")?.split(",") ?? []
  if (select.length === 0) return calendar
  for (const name of select)
    if (!(name.trim() in calendar))
      throw new GraphError(
        400,
        "RequestBroker--ParseUri",
        `Could not find a property named '${name.trim()}' on type 'microsoft.graph.calendar'.`,
      )
  return Object.fromEntries(["id", ...select.map(name => name.trim())].map(name => [name, calendar[name]]))
}
