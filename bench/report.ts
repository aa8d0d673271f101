import { cpus, loadavg } from "node:os"

type Target = { readonly text: string; readonly met: boolean }
type Row = readonly string[]
type Table = { readonly head: Row; readonly rows: Row[] }

/** What was measured, told at once and kept as tables. */
export class Report {
  readonly #tables: Table[] = []
  readonly #notes: string[] = []
  readonly #missed: string[] = []
  readonly #loadBefore = loadavg()[0] ?? 0

  static get machine(): string {
    return `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`
  }

  get missed(): readonly string[] {
    return this.#missed
  }

  /** A row that begins with two blanks belongs to the one before. */
  tell(what: string, value: string, target?: Target): void {
    if (target?.met === false) this.#missed.push(what)
    this.#add(targetHead, [what, value, verdict(target)])
  }

  /** A row with a column for each that is compared. */
  compare(head: Row, row: Row): void {
    this.#add(head, row)
  }

  /** What a reader must know to judge the numbers. */
  note(text: string): void {
    console.log(`\n${text}\n`)
    this.#notes.push(text)
  }

  /** All of it, in Markdown. */
  get page(): string {
    const load = `${this.#loadBefore.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after`
    const when = `Measured ${Temporal.Now.plainDateISO()} on ${Report.machine}; load of the machine ${load}.`
    return [when, ...this.#notes, ...this.#tables.map(markdown)].join("\n\n")
  }

  #add(head: Row, row: Row): void {
    const last = this.#tables.at(-1)
    if (last && sameRow(last.head, head)) last.rows.push(row)
    else {
      this.#tables.push({ head, rows: [row] })
      console.log(`\n${line(head)}`)
    }
    console.log(line(row))
  }
}

const targetHead = ["what", "measured", "target"]
const firstColumn = 66
const otherColumns = 26

function line([what = "", ...rest]: Row): string {
  return [what.padEnd(firstColumn), ...rest.map(text => text.padStart(otherColumns))].join(" ").trimEnd()
}

function sameRow(one: Row, other: Row): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function verdict(target: Target | undefined): string {
  return target === undefined ? "" : `${target.met ? "met" : "**missed**"}: ${target.text}`
}

function markdown({ head, rows }: Table): string {
  const text = (cells: Row) => `| ${cells.map(indented).join(" | ")} |`
  return [text(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(text)].join("\n")
}

function indented(what: string): string {
  return what.startsWith("  ") ? `… ${what.trim()}` : what
}
