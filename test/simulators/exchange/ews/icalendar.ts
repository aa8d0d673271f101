/** iCalendar as text: components of lines. https://www.rfc-editor.org/rfc/rfc5545#section-3 */

export type ICalLine = {
  readonly name: string
  readonly parameters: Readonly<Record<string, string>>
  /** As it stands, escaped where it is a text. */
  readonly value: string
}

export type ICalComponent = {
  readonly name: string
  readonly lines: readonly ICalLine[]
  readonly components: readonly ICalComponent[]
}

type Growing = { readonly name: string; readonly lines: ICalLine[]; readonly components: Growing[] }

/** The outermost component, or undefined when the text has none that is whole. */
export function parseICalendar(text: string): ICalComponent | undefined {
  const open: Growing[] = []
  let root: Growing | undefined
  for (const row of text.replace(/\r?\n[ \t]/g, "").split(/\r?\n/)) {
    const line = parseLine(row)
    if (line?.name === "BEGIN") {
      const component: Growing = { name: line.value.toUpperCase(), lines: [], components: [] }
      open.at(-1)?.components.push(component)
      root ??= component
      open.push(component)
    } else if (line?.name === "END") open.pop()
    else if (line) open.at(-1)?.lines.push(line)
  }
  return open.length === 0 ? root : undefined
}

function parseLine(row: string): ICalLine | undefined {
  const [, name = "", rest = "", value = ""] = /^([\w-]+)((?:;[\w-]+=(?:"[^"]*"|[^";:])*)*):(.*)$/.exec(row) ?? []
  if (name === "") return undefined
  const parameters: Record<string, string> = {}
  for (const [, key = "", given = ""] of rest.matchAll(/;([\w-]+)=((?:"[^"]*"|[^";:])*)/g))
    parameters[key.toUpperCase()] = given.replaceAll('"', "")
  return { name: name.toUpperCase(), parameters, value }
}

export function lineOf(component: ICalComponent | undefined, name: string): ICalLine | undefined {
  return component?.lines.find(line => line.name === name)
}

/** The text a line says; undefined when there is no such line. */
export function textIn(component: ICalComponent | undefined, name: string): string | undefined {
  const line = lineOf(component, name)
  return line && unescapeText(line.value)
}

export function unescapeText(text: string): string {
  return text.replace(/\\([\\;,nN])/g, (_, escaped: string) => (/n/i.test(escaped) ? "\n" : escaped))
}
