import { MemoryCalendar } from "../fakes/memory-calendar.ts"
import { calendarContract } from "./calendar.ts"

calendarContract("the calendar in memory", async () => {
  const calendar = new MemoryCalendar()
  return {
    calendar,
    user: {
      add: async event => calendar.userAdds(event),
      edit: async (id, change) => calendar.userEdits(id, change),
      remove: async id => calendar.userDeletes(id),
      duplicate: async id => void calendar.userDuplicates(id),
    },
    close: async () => {},
  }
})
