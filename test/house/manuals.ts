import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The checkout. */
export const root = join(import.meta.dirname, "../..")

/** Everything people read, by path from the root. */
export const manuals: readonly string[] = [
  ...globSync("*.md", { cwd: root }),
  ...globSync("docs/*.md", { cwd: root }),
  ...globSync("examples/**/*.md", { cwd: root }),
].toSorted()

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8")
}

/** The code blocks of one language, in order. */
export function blocksOf(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, block]) =>
    found === language ? [block ?? ""] : [],
  )
}

/** The text without its code blocks. */
export function proseOf(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, "")
}

/** The cells of every table row, heads and rulers left out; `\|` is a bar within a cell. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = proseOf(text).split("\n")
  return lines.flatMap((line, at) => {
    const isRow = /^\|.*\|$/.test(line) && !isRuler(line) && !isRuler(lines[at + 1] ?? "")
    return isRow ? [cellsOf(line)] : []
  })
}

function isRuler(line: string): boolean {
  return /^\|[-:\s|]+\|$/.test(line)
}

function cellsOf(line: string): readonly string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim().replaceAll("\\|", "|"))
}

/** What a cell names in code letters, if it is nothing else. */
export function codeOf(cell: string | undefined): string | undefined {
  return /^`([^`]+)`$/.exec(cell ?? "")?.[1]
}
