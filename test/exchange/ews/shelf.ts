import type { CalendarEvent, EventContent } from "../../../operator/core/event.ts"
import type { EwsVersion } from "../../../operator/core/exchange-settings.ts"
import { formatMark } from "../../../operator/core/origin.ts"
import { writeEvent } from "../../../operator/exchange/ews/event/write-event.ts"
import {
  childOf,
  childrenOf,
  descend,
  namespaces,
  readXml,
  type XmlElement,
} from "../../../operator/exchange/ews/wire/xml-read.ts"
import { element, writeXml, type XmlNode } from "../../../operator/exchange/ews/wire/xml-write.ts"
import { seriesOf } from "../../../operator/exchange/normal-form.ts"
import { zone } from "../../fakes/lesson.ts"
import { markFor } from "../copies.ts"
import { type Message, messages, success } from "./scripted-ews.ts"

const version: EwsVersion = "Exchange2016"

type Fields = ReadonlyMap<string, XmlNode>
type Shelved = {
  readonly fields: Fields
  readonly version: number
  readonly deleted: ReadonlySet<number>
  readonly changed: ReadonlyMap<number, Fields>
}
type Special = { readonly id?: string; readonly uid?: string; readonly extra?: string }

/** A mailbox that does what item operations ask. Series are weekly; the second occurrence of `a` is called `a#2`. */
export class Shelf {
  /** Ids that were read one by one. */
  readonly read: string[] = []
  readonly refusals = new Map<string, string>()
  /** What the next items to be made are answered with, though they are made, but for folders that are not there. */
  readonly failures: string[] = []
  longestViewHours = Number.POSITIVE_INFINITY
  /** What longer views are refused with; otherwise they are cut. */
  viewRefusal: string | undefined
  views = 0
  /** What is asked for, by name. */
  readonly asked: string[] = []
  changesPerPage = 512
  /** Whether changes are told with our mark, where the items have it. */
  tellsMarks = true
  /** States given out before this many changes are known no more, but for none at all. */
  forgottenBefore = 0
  readonly #items = new Map<string, Shelved>()
  /** Of every change which item it was, in their order; a state is a place in it. */
  readonly #changes: string[] = []
  readonly #wrong = new Set<string>()
  readonly #elsewhere = new Set<string>()
  #made = 0

  get ids(): readonly string[] {
    return [...this.#items.keys()]
  }

  /** A copy of ours that was written before. */
  putCopy(event: CalendarEvent, special: Special = {}): void {
    this.#store(event, { uid: event.key, ...special }, formatMark(markFor(event, "print", event.key)))
  }

  /** Something of the owner's. */
  put(event: CalendarEvent, special: Special = {}): string {
    return this.#store(event, special, undefined)
  }

  edit(id: string, content: EventContent, names: readonly string[]): void {
    const item = this.#items.get(id)
    const written = fieldsOf(writeEvent(content, { version, mailboxZone: zone }).flatMap(({ value }) => value ?? []))
    const changed = [...written].filter(([name]) => names.includes(name))
    if (item) this.#shelve(id, { ...item, fields: new Map([...item.fields, ...changed]), version: item.version + 1 })
  }

  duplicate(id: string): void {
    const item = this.#items.get(id)
    const copy = `${id}-copy`
    if (item) this.#shelve(copy, { ...item, fields: new Map([...item.fields, ["t:UID", element("t:UID", {}, copy)]]) })
  }

  remove(id: string): void {
    this.#items.delete(id)
    this.#changes.push(id)
  }

  /** The next round says so, and is wrong. */
  sayGone(id: string): void {
    this.#wrong.add(id)
    this.#changes.push(id)
  }

  /** To another calendar of the mailbox, under the id it has. */
  moveAway(id: string): void {
    this.#elsewhere.add(id)
    this.#changes.push(id)
  }

  changeOccurrence(id: string, index: number, content: EventContent): void {
    const item = this.#items.get(id)
    const fields = fieldsOf(writeEvent(content, { version, mailboxZone: zone }).flatMap(({ value }) => value ?? []))
    if (item)
      this.#shelve(id, { ...item, version: item.version + 1, changed: new Map([...item.changed, [index, fields]]) })
  }

  /** Gone before a round could tell of it. */
  vanish(id: string): void {
    this.#items.delete(id)
    this.#changes.splice(0, this.#changes.length, ...this.#changes.map(one => (one === id ? "" : one)))
  }

  answer(request: XmlElement): string {
    this.asked.push(request.name)
    switch (request.name) {
      case "m:GetItem":
        return messages(
          "GetItem",
          targetsIn(request).map(id => this.#look(id)),
        )
      case "m:CreateItem":
        return messages(
          "CreateItem",
          (childOf(request, "m:Items")?.children ?? []).map(item => this.#create(item)),
        )
      case "m:UpdateItem":
        return messages(
          "UpdateItem",
          (childOf(request, "m:ItemChanges")?.children ?? []).map(one => this.#update(one)),
        )
      case "m:DeleteItem":
        return messages(
          "DeleteItem",
          targetsIn(request).map(id => this.#delete(id)),
        )
      case "m:SyncFolderItems":
        return this.#sync(childOf(request, "m:SyncState")?.text)
      default:
        return this.#find(request)
    }
  }

  #shelve(id: string, item: Shelved): void {
    this.#items.set(id, item)
    this.#changes.push(id)
  }

  #sync(state: string | undefined): string {
    const from = Number(state ?? 0)
    if (state !== undefined && from < this.forgottenBefore)
      return messages("SyncFolderItems", [{ code: "ErrorInvalidSyncStateData" }])
    const to = Math.min(from + this.changesPerPage, this.#changes.length)
    const ids = [...new Set(this.#changes.slice(from, to))]
    const written = ids.map(id => this.#changeXml(id, from))
    return success(
      "SyncFolderItems",
      `<m:SyncState>${to}</m:SyncState><m:IncludesLastItemInRange>${to === this.#changes.length}</m:IncludesLastItemInRange><m:Changes>${written.join("")}</m:Changes>`,
    )
  }

  #changeXml(id: string, from: number): string {
    if (this.#items.has(id) && !this.#wrong.has(id) && !this.#elsewhere.has(id))
      return `<t:Update>${this.tellsMarks ? this.#xml(id) : withoutMark(this.#xml(id))}</t:Update>`
    return from === 0 || id === "" ? "" : `<t:Delete><t:ItemId Id="${id}"/></t:Delete>`
  }

  #store(event: CalendarEvent, { id = event.key, uid = id, extra = "" }: Special, markText?: string): string {
    const options = { version, series: seriesOf(event, "ews"), mailboxZone: zone, markText, uid }
    const fields = fieldsOf(writeEvent(event, options).flatMap(({ value }) => value ?? []))
    const more = readXml(`<all xmlns:t="${namespaces.t}">${extra}</all>`).children.map(nodeOf)
    const next = (this.#items.get(id)?.version ?? 0) + 1
    this.#shelve(id, {
      fields: new Map([...fields, ...fieldsOf(more)]),
      version: next,
      deleted: new Set(),
      changed: new Map(),
    })
    return id
  }

  #look(id: string): Message {
    const masterId = id.split("#")[0] ?? ""
    this.read.push(id)
    const code = this.refusals.get(id) ?? (this.#items.has(masterId) ? undefined : "ErrorItemNotFound")
    return code === undefined ? { payload: `<m:Items>${this.#xml(id)}</m:Items>` } : { code }
  }

  #create(item: XmlElement): Message {
    const code = this.failures.shift()
    if (code === "ErrorFolderNotFound") return { code }
    this.#made += 1
    const id = `made-${this.#made}`
    this.#shelve(id, {
      fields: fieldsOf(item.children.map(nodeOf)),
      version: 1,
      deleted: new Set(),
      changed: new Map(),
    })
    return code === undefined ? this.#written(id) : { code }
  }

  #update(change: XmlElement): Message {
    const [id = "", index] = (childOf(change, "t:ItemId")?.attributes["Id"] ?? "").split("#")
    const item = this.#items.get(id)
    if (!item) return { code: "ErrorItemNotFound" }
    if (childOf(change, "t:ItemId")?.attributes["ChangeKey"] !== String(item.version))
      return { code: "ErrorIrresolvableConflict" }
    const place = Number(index)
    const before =
      index === undefined
        ? item.fields
        : (item.changed.get(place) ?? new Map([...item.fields].filter(([name]) => name !== "t:Recurrence")))
    const fields = updated(before, childOf(change, "t:Updates"))
    const next = item.version + 1
    this.#shelve(
      id,
      index === undefined
        ? { ...item, fields, version: next }
        : { ...item, version: next, changed: new Map([...item.changed, [place, fields]]) },
    )
    return this.#written(id)
  }

  #delete(target: string): Message {
    const [id = "", index] = target.split("#")
    const item = this.#items.get(id)
    if (!item) return { code: "ErrorItemNotFound" }
    if (index === undefined) this.remove(id)
    else this.#shelve(id, { ...item, version: item.version + 1, deleted: new Set([...item.deleted, Number(index)]) })
    return {}
  }

  #written(id: string): Message {
    return { payload: `<m:Items><t:CalendarItem>${idXml(id, this.#items.get(id)?.version)}</t:CalendarItem></m:Items>` }
  }

  #find(request: XmlElement): string {
    const view = childOf(request, "m:CalendarView")?.attributes
    if (!view) {
      const text = descend(request, "m:Restriction", "t:Contains", "t:Constant")?.attributes["Value"] ?? ""
      return page(
        [...this.#items].flatMap(([id, { fields }]) => {
          const mark = fields.get("t:ExtendedProperty")
          return mark && textOf(mark).includes(text) && !this.#elsewhere.has(id) ? [this.#xml(id)] : []
        }),
      )
    }
    this.views += 1
    const [start, end] = [view["StartDate"], view["EndDate"]].map(text => Temporal.Instant.from(text ?? ""))
    const isWhole = start && end ? start.until(end).total("hours") <= this.longestViewHours : false
    if (!isWhole && this.viewRefusal !== undefined) return messages("FindItem", [{ code: this.viewRefusal }])
    const ids = [...this.#items].map(([id, { fields }]) => (fields.has("t:Recurrence") ? `${id}#1` : id))
    return page(
      ids.map(id => this.#xml(id)),
      isWhole,
    )
  }

  #xml(id: string): string {
    const [masterId = "", index] = id.split("#")
    const item = this.#items.get(masterId)
    if (!item) return ""
    const fields = index === undefined ? item.fields : (item.changed.get(Number(index)) ?? item.fields)
    const kind = index === undefined ? "" : "<t:CalendarItemType>Occurrence</t:CalendarItemType>"
    const text = [...fields.values()].map(text => textOf(text)).join("")
    return `<t:CalendarItem>${idXml(id, item.version)}${kind}${text}${index === undefined ? exceptionsXml(masterId, item) : ""}</t:CalendarItem>`
  }
}

function withoutMark(item: string): string {
  return item.replace(/<t:ExtendedProperty>.*?<\/t:ExtendedProperty>/, "")
}

function targetsIn(request: XmlElement): readonly string[] {
  return (childOf(request, "m:ItemIds")?.children ?? []).map(({ attributes }) => {
    const { Id, OccurrenceId, RecurringMasterId, InstanceIndex } = attributes
    return Id ?? OccurrenceId?.split("#")[0] ?? `${RecurringMasterId}#${InstanceIndex}`
  })
}

function updated(fields: Fields, updates: XmlElement | undefined): Fields {
  const set = childrenOf(updates, "t:SetItemField").flatMap(one => childOf(one, "t:CalendarItem")?.children ?? [])
  const gone = childrenOf(updates, "t:DeleteItemField").map(({ children: [path] }) =>
    path?.name === "t:ExtendedFieldURI"
      ? "t:ExtendedProperty"
      : (path?.attributes["FieldURI"] ?? "").replace(/^\w+:/, "t:"),
  )
  return new Map([...fields, ...fieldsOf(set.map(nodeOf))].filter(([name]) => !gone.includes(name)))
}

function fieldsOf(nodes: readonly XmlNode[]): Fields {
  return new Map(nodes.map(node => [node.name, node]))
}

function nodeOf({ name, attributes, text, children }: XmlElement): XmlNode {
  return element(name, attributes, text, ...children.map(nodeOf))
}

function textOf(node: XmlNode): string {
  return writeXml(node).replace(/^<\?.*?\?>/, "")
}

function idXml(id: string, version: number | undefined): string {
  return `<t:ItemId Id="${id}" ChangeKey="${version}"/>`
}

function exceptionsXml(id: string, { fields, deleted, changed }: Shelved): string {
  const start = Temporal.Instant.from(String(fields.get("t:Start")?.content[0])).toZonedDateTimeISO(zone)
  const startOf = (index: number) =>
    start
      .add({ weeks: index - 1 })
      .toInstant()
      .toString()
  const occurrences = [...changed.keys()].map(
    index =>
      `<t:Occurrence><t:ItemId Id="${id}#${index}"/><t:OriginalStart>${startOf(index)}</t:OriginalStart></t:Occurrence>`,
  )
  const gone = [...deleted].map(
    index => `<t:DeletedOccurrence><t:Start>${startOf(index)}</t:Start></t:DeletedOccurrence>`,
  )
  return [
    occurrences.length > 0 ? `<t:ModifiedOccurrences>${occurrences.join("")}</t:ModifiedOccurrences>` : "",
    gone.length > 0 ? `<t:DeletedOccurrences>${gone.join("")}</t:DeletedOccurrences>` : "",
  ].join("")
}

function page(items: readonly string[], isWhole = true): string {
  const about = `TotalItemsInView="${items.length}" IncludesLastItemInRange="${isWhole}"`
  return success("FindItem", `<m:RootFolder ${about}><t:Items>${items.join("")}</t:Items></m:RootFolder>`)
}
