/** Draws the mailboxes and the week that the server laid out, and waits for the next state of both. */

const byId = id => document.getElementById(id)
const hash = new URLSearchParams(location.hash.slice(1))
const state = { mailbox: hash.get("mailbox"), start: hash.get("week"), calendar: hash.get("calendar"), week: undefined }
const HOUR = 52
const LANE = 24
const FIRST_HOUR = 7
let drawn = new Map()
let waiting = new AbortController()

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Asks until something changed, hands it over, and asks again. */
async function follow(urlOf, show, signalOf) {
  let etag
  let last
  for (;;) {
    const url = urlOf()
    if (url !== last) etag = undefined
    last = url
    try {
      if (url) {
        const headers = etag ? { "if-none-match": etag } : {}
        const answer = await fetch(url, { headers, cache: "no-store", signal: signalOf?.() })
        showLive(true)
        etag = answer.headers.get("etag") ?? undefined
        if (answer.status === 200) show(await answer.json())
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        showLive(false)
        await pause(1000)
      }
    }
    await pause(url ? 150 : 50)
  }
}

function showLive(alive) {
  byId("live").className = alive ? "chip live" : "chip live lost"
  byId("live").textContent = alive ? "live" : "not reachable"
}

const tones = [
  "208 80% 40%",
  "265 55% 48%",
  "150 60% 33%",
  "24 85% 45%",
  "340 65% 45%",
  "185 70% 32%",
  "45 85% 40%",
  "0 65% 48%",
]

function toneOf(text) {
  let sum = 0
  for (const char of text) sum = (sum * 31 + char.codePointAt(0)) >>> 0
  return text ? tones[sum % tones.length] : tones[0]
}

function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

const revisions = new Map()

function showMailboxes(mailboxes) {
  if (!state.mailbox && mailboxes.length > 0) choose(mailboxes[0].address)
  const wanted = byId("search").value.toLowerCase()
  const matches = mailboxes.filter(({ address, displayName }) =>
    `${address} ${displayName}`.toLowerCase().includes(wanted),
  )
  byId("mailboxes").replaceChildren(...matches.map(mailboxLink))
  lastMailboxes = mailboxes
}
let lastMailboxes = []

function mailboxLink(mailbox) {
  const link = element("a")
  link.href = "#"
  link.classList.toggle("chosen", mailbox.address === state.mailbox)
  link.classList.toggle("gone", mailbox.state !== "present")
  link.classList.toggle("stirred", revisions.has(mailbox.id) && revisions.get(mailbox.id) !== mailbox.revision)
  revisions.set(mailbox.id, mailbox.revision)
  const words = mailbox.displayName.split(/[\s.]+/).filter(Boolean)
  const face = element(
    "span",
    `face ${mailbox.purpose}`,
    words
      .slice(0, 2)
      .map(word => word[0].toUpperCase())
      .join(""),
  )
  face.style.background = `hsl(${toneOf(mailbox.address)})`
  const who = element("span", "who")
  who.append(
    element("b", "", mailbox.displayName),
    element("i", "", mailbox.state === "present" ? mailbox.address : mailbox.state),
  )
  link.append(face, who, element("span", "count", String(mailbox.events)))
  link.addEventListener("click", event => {
    event.preventDefault()
    choose(mailbox.address)
  })
  return link
}

function choose(address) {
  state.mailbox = address
  state.calendar = null
  changed()
}

function changed() {
  drawn = new Map()
  const parts = { mailbox: state.mailbox, week: state.start, calendar: state.calendar }
  history.replaceState(null, "", `#${new URLSearchParams(Object.entries(parts).filter(([, value]) => value))}`)
  showMailboxes(lastMailboxes)
  waiting.abort()
  waiting = new AbortController()
}

function weekUrl() {
  if (!state.mailbox) return undefined
  const query = new URLSearchParams()
  if (state.start) query.set("start", state.start)
  if (state.calendar) query.set("calendar", state.calendar)
  return `/week/of/${encodeURIComponent(state.mailbox)}?${query}`
}

const dayFormat = new Intl.DateTimeFormat("en", { weekday: "short", timeZone: "UTC" })
const monthFormat = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" })
const dateAt = (week, day) => new Date(Date.parse(`${week.start}T00:00:00Z`) + day * 86_400_000)

function showWeek(week) {
  const first = state.week === undefined
  state.week = week
  byId("title").replaceChildren(
    monthFormat.format(dateAt(week, 0)),
    element("small", "", `${week.displayName} · ${week.address}`),
  )
  byId("zone").textContent = week.zone
  showCalendars(week)
  showDays(week)
  showAllDay(week)
  showTimed(week)
  drawn = new Map([...week.timed, ...week.allDay].map(({ key, version }) => [key, version]))
  if (first) byId("scroll").scrollTop = FIRST_HOUR * HOUR - 8
  const bar = `${byId("scroll").offsetWidth - byId("scroll").clientWidth}px`
  document.documentElement.style.setProperty("--bar", bar)
}

function showCalendars(week) {
  const options = week.calendars.map(name => {
    const option = element("option", "", name)
    option.selected = name === week.calendar
    return option
  })
  byId("calendar").replaceChildren(...options)
}

function showDays(week) {
  const days = Array.from({ length: 7 }, (_, day) => {
    const date = dateAt(week, day)
    const made = element("div", isToday(week, day) ? "now" : "")
    made.append(element("b", "", String(date.getUTCDate())), element("span", "", dayFormat.format(date)))
    return made
  })
  byId("days").replaceChildren(...days)
}

const isToday = (week, day) => dateAt(week, day).toISOString().startsWith(week.today)

function showAllDay(week) {
  const lanes = Math.max(0, ...week.allDay.map(({ lane }) => lane + 1))
  byId("all-day").style.height = `${Math.max(26, lanes * LANE + 4)}px`
  const bars = week.allDay.map(block => {
    const bar = eventElement(block, true)
    bar.style.cssText += `left:calc(${(block.day / 7) * 100}% + 3px);width:calc(${(block.days / 7) * 100}% - 7px);top:${block.lane * LANE + 2}px;height:${LANE - 3}px`
    return bar
  })
  byId("all-day").replaceChildren(...bars)
}

function showTimed(week) {
  const columns = Array.from({ length: 7 }, (_, day) => {
    const column = element("div", `column${day > 4 ? " weekend" : ""}${isToday(week, day) ? " now" : ""}`)
    for (const block of week.timed) if (block.day === day) column.append(timedElement(block))
    if (isToday(week, day)) {
      const line = element("div", "line")
      line.style.top = `${(week.nowMinutes / 60) * HOUR}px`
      column.append(line)
    }
    return column
  })
  byId("columns").replaceChildren(...columns)
}

function timedElement(block) {
  const height = Math.max(((block.to - block.from) / 60) * HOUR - 2, 17)
  const made = eventElement(block, height < 34)
  const width = 100 / block.columns
  made.style.cssText += `top:${(block.from / 60) * HOUR + 1}px;height:${height}px;left:calc(${block.column * width}% + 2px);width:calc(${width}% - ${block.column === block.columns - 1 ? 10 : 4}px)`
  return made
}

function eventElement(block, short) {
  const made = element("div", `event ${block.showAs}${short ? " short" : ""}`)
  const before = drawn.get(block.key)
  if (drawn.size > 0 && before === undefined) made.classList.add("new")
  if (before !== undefined && before !== block.version) made.classList.add("changed")
  made.style.setProperty("--tone", block.showAs === "oof" && !block.category ? "281 74% 38%" : toneOf(block.category))
  if (block.isPrivate) made.append(document.querySelector("#lock svg").cloneNode(true))
  made.append(marksOf(block), element("b", "subject", block.subject))
  for (const detail of [block.location, block.label, block.category])
    if (detail) made.append(element("span", "detail", detail))
  made.title = [block.subject, block.label, block.location, block.category, block.showAs].filter(Boolean).join("\n")
  return made
}

function marksOf(block) {
  return element("i", "marks", [block.isMade ? "●" : "", block.isSeries ? "↻" : ""].join(" ").trim())
}

function turn(days) {
  if (!state.week) return
  state.start = new Date(Date.parse(`${state.week.start}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
  changed()
}

byId("hours").append(
  ...Array.from({ length: 23 }, (_, hour) => {
    const label = element("span", "hour", `${String(hour + 1).padStart(2, "0")}:00`)
    label.style.top = `${(hour + 1) * HOUR}px`
    return label
  }),
)
byId("back").addEventListener("click", () => turn(-7))
byId("forward").addEventListener("click", () => turn(7))
byId("today").addEventListener("click", () => {
  state.start = null
  changed()
})
byId("calendar").addEventListener("change", event => {
  state.calendar = event.target.value
  changed()
})
byId("search").addEventListener("input", () => showMailboxes(lastMailboxes))
document.addEventListener("keydown", event => {
  if (event.target.id === "search") return
  if (event.key === "ArrowLeft") turn(-7)
  if (event.key === "ArrowRight") turn(7)
})

void follow(() => "/week/mailboxes", showMailboxes)
void follow(weekUrl, showWeek, () => waiting.signal)
