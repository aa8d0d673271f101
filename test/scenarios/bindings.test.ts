import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { condition } from "../world/cluster.ts"
import { binding, calendarEvent, configMap, eventsSource, policy } from "../world/manifests.ts"
import { basics, startWorld, type World } from "../world/world.ts"

/** Which identity belongs in which mailbox. */

onBothBackends(({ backend }) => {
  let world: World
  before(async () => {
    world = await startWorld({ backend, mailboxNames: ["anna", "bo", "room"] })
    world.cluster.apply(...basics(world.exchange, { backend }), policy(), eventsSource())
    world.cluster.apply(
      calendarEvent("lesson", { identities: ["Teacher/Anna", "Teacher/Bo"] }),
      calendarEvent("booking", { identities: ["Room/A1"] }),
    )
    await world.cluster.startOperator()
  })
  after(() => world.close())

  const bindingNow = (name: string) => world.cluster.find("MailboxBinding", name)
  const unmatched = (name: string): readonly { identity: string; reason: string }[] =>
    bindingNow(name)?.status?.unmatched

  test("Pattern: addresses are made from identities; those of other kinds are left out", async () => {
    const match = { kinds: ["Teacher"], address: "Pattern" as const, pattern: "{name|lower}@contoso.com" }
    world.cluster.apply(binding({ match, mailboxes: [] }, { name: "pattern" }))
    await world.cluster.untilCondition("Matched=True/Matched", () => bindingNow("pattern"))
    await world.cluster.untilCondition("Ready=True/Succeeded", () => bindingNow("pattern"))
    assert.deepEqual(
      [world.subjects(), world.subjects("bo@contoso.com"), world.subjects("room@contoso.com")],
      [["Subject of lesson"], ["Subject of lesson"], []],
    )
  })

  test("FromSource: an identity whose address the source does not know is unmatched, NoAddress", async () => {
    world.cluster.apply(binding({ match: { address: "FromSource" }, mailboxes: [] }, { name: "from-source" }))
    await world.cluster.untilCondition("Matched=False/NothingMatched", () => bindingNow("from-source"))
    await world.cluster.until("all three are named", () => unmatched("from-source")?.length === 3)
    assert.ok(unmatched("from-source").every(({ reason }) => reason === "NoAddress"))
  })

  test("Pattern: two that come to one address are both left out, AmbiguousAddress", async () => {
    const match = { kinds: ["Teacher"], address: "Pattern" as const, pattern: "{kind|lower}@contoso.com" }
    world.cluster.apply(binding({ match, mailboxes: [] }, { name: "ambiguous" }))
    await world.cluster.untilCondition("Matched=False/AmbiguousAddress", () => bindingNow("ambiguous"))
    assert.deepEqual(
      unmatched("ambiguous").map(({ reason }) => reason),
      ["AmbiguousAddress", "AmbiguousAddress"],
    )
  })

  test("Map: a table says; what it does not name has no address, what is out of scope is told, and it may come later", async () => {
    const match = { address: "Map" as const, mapRef: { configMapRef: { name: "table" } } }
    world.cluster.apply(binding({ match, mailboxes: [], calendar: { name: "Mapped" } }, { name: "map" }))
    await world.cluster.untilCondition("Stalled=True/RefNotFound", () => bindingNow("map"))

    world.cluster.apply(
      configMap(
        { "mailboxes.csv": "identity,address\nRoom/A1,room@contoso.com\nnobody\nTeacher/Bo,bo@else.where\n" },
        { name: "table" },
      ),
    )
    const { status } = await world.cluster.untilCondition("Matched=True/Matched", () => bindingNow("map"))
    assert.match(JSON.stringify(status.conditions), /1 lines of the table cannot be used, the first is line 3/)
    assert.deepEqual(
      unmatched("map").map(({ identity, reason }) => `${identity} ${reason}`),
      ["Teacher/Anna NoAddress", "Teacher/Bo OutOfScope"],
    )
    await world.cluster.until(
      "the room is booked",
      () =>
        world.exchange.admin.calendars("room@contoso.com").includes("Mapped") &&
        world.subjects("room@contoso.com", "Mapped").length === 1,
    )

    world.cluster.apply(
      configMap({ "mailboxes.csv": "Room/A1;room@contoso.com\nTeacher/Anna;anna@contoso.com\n" }, { name: "table" }),
    )
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync("anna@contoso.com", "map"))
  })

  test("a named calendar is made, and the default one is left alone", async () => {
    const before = world.subjects()
    const mailboxes = [{ address: "anna@contoso.com", identity: "Room/A1" }]
    world.cluster.apply(binding({ mailboxes, calendar: { name: "Rooms" } }, { name: "named" }))
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync("anna@contoso.com", "named"))
    assert.deepEqual(world.subjects("anna@contoso.com", "Rooms"), ["Subject of booking"])
    assert.deepEqual(world.subjects(), before)
  })

  test("of two bindings that want one calendar for one identity the older wins, through whatever connection", async () => {
    const mailboxes = [{ address: "room@contoso.com", identity: "Room/A1" }]
    world.cluster.apply(world.anotherConnection({}, "second"))
    world.cluster.apply(binding({ mailboxes }, { name: "older" }))
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync("room@contoso.com", "older"))
    await new Promise(resolve => setTimeout(resolve, 1100)) // ages are told in seconds
    world.cluster.apply(binding({ mailboxes, connectionRef: { name: "second" } }, { name: "younger" }))

    await world.cluster.untilCondition("Matched=False/AddressConflict", () => bindingNow("younger"))
    assert.deepEqual(unmatched("younger"), [{ identity: "Room/A1", reason: "AddressConflict" }])
    assert.equal(world.cluster.sync("room@contoso.com", "younger"), undefined)
    assert.deepEqual(world.subjects("room@contoso.com"), ["Subject of booking"])
  })

  test("when the older one goes, the younger takes over, and nothing is there twice", async () => {
    await world.cluster.remove("MailboxBinding", "older")
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync("room@contoso.com", "younger"))
    assert.deepEqual(world.subjects("room@contoso.com"), ["Subject of booking"])
  })

  test("two bindings applied together that claim by pattern never both write", async () => {
    const match = { kinds: ["Teacher"], address: "Pattern" as const, pattern: "{name|lower}@contoso.com" }
    const rivals = ["rival-a", "rival-b"]
    const claims = rivals.map(name => binding({ match, mailboxes: [], calendar: { name: "Rivals" } }, { name }))
    world.cluster.apply(...claims)
    await world.cluster.until("one of them has it", () => {
      const states = rivals.map(name => condition(bindingNow(name), "Matched")?.reason)
      return states.includes("Matched") && states.includes("AddressConflict")
    })
    await world.cluster.until("it is written", () =>
      world.exchange.admin.calendars("bo@contoso.com").includes("Rivals"),
    )
    await world.cluster.until("once", () => world.subjects("bo@contoso.com", "Rivals").length === 1)
  })

  test("a suspended binding and a suspended source stop their syncs, and say so", async () => {
    const mailboxes = [{ address: "bo@contoso.com", identity: "Room/A1" }]
    const own = (suspend: boolean) => binding({ mailboxes, calendar: { name: "Own" }, suspend }, { name: "own" })
    const look = () => world.cluster.sync("bo@contoso.com", "own")
    world.cluster.apply(own(false))
    await world.cluster.untilCondition("Ready=True/Succeeded", look)

    world.cluster.apply(own(true))
    await world.cluster.untilCondition("Ready=True/Suspended", look)
    await world.cluster.untilCondition("Ready=True/Suspended", () => bindingNow("own"))
    world.cluster.apply(calendarEvent("later", { identities: ["Room/A1"] }))
    await world.cluster.request(look())
    assert.deepEqual(world.subjects("bo@contoso.com", "Own"), ["Subject of booking"])

    world.cluster.apply(own(false))
    await world.cluster.until("it goes on", () => world.subjects("bo@contoso.com", "Own").length === 2)

    await world.cluster.patch("CalendarSource", { spec: { suspend: true } })
    await world.cluster.untilCondition("Ready=True/Suspended", () => world.cluster.find("CalendarSource"))
    await world.cluster.untilCondition("Ready=True/Suspended", look)
    await world.cluster.patch("CalendarSource", { spec: { suspend: false } })
    await world.cluster.untilCondition("Ready=True/Succeeded", look)
  })
})
