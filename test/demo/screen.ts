import type { Client } from "../simulators/kube-api/client.ts"
import { isObject, type Json } from "../simulators/kube-api/json.ts"

const isTerminal = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined
const paint = (code: number) => (text: string) => (isTerminal ? `\u001b[${code}m${text}\u001b[0m` : text)
const bold = paint(1)
const dim = paint(2)
const green = paint(32)
const red = paint(31)

const startedAt = performance.now()
const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)}s`.padStart(6)

/** What the demo says, and whether everything it claimed was so. */
export class Screen {
  #failures = 0

  get failures(): number {
    return this.#failures
  }

  title(text: string): void {
    console.log(`\n${dim(seconds())}  ${bold(text)}`)
  }

  say(text: string): void {
    console.log(`        ${text}`)
  }

  /** A claim; what is not so is counted and the demo ends with an error. */
  claim(text: string, isSo: boolean, seen = ""): void {
    if (!isSo) this.#failures += 1
    console.log(`        ${isSo ? green("✓") : red("✗")} ${text}${isSo || seen === "" ? "" : red(` (seen: ${seen})`)}`)
  }

  /** What `kubectl get <resource> -n <namespace>` prints: the server makes the table, kubectl only aligns it. */
  async table(api: Client, namespace: string, resource: string): Promise<void> {
    const path = `/apis/calsync.dev/v1alpha1/namespaces/${namespace}/${resource}`
    const { body } = await api.call(path, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" })
    console.log(dim(`\n        $ kubectl get ${resource} -n ${namespace}`))
    for (const line of alignedTable(body)) console.log(`        ${line}`)
    console.log()
  }
}

function alignedTable(table: Json): readonly string[] {
  if (!isObject(table)) return []
  const columns = listAt(table, "columnDefinitions").filter(
    column => isObject(column) && (column["priority"] ?? 0) === 0,
  )
  const names = columns.map(column => (isObject(column) ? String(column["name"]).toUpperCase() : ""))
  const rows = listAt(table, "rows").map(row => listAt(row, "cells").slice(0, names.length).map(cellText))
  const widths = names.map((name, at) => Math.max(name.length, ...rows.map(row => (row[at] ?? "").length)))
  return [names, ...rows].map(row =>
    row
      .map((cell, at) => cell.padEnd((widths[at] ?? 0) + 3))
      .join("")
      .trimEnd(),
  )
}

function listAt(value: Json | undefined, field: string): readonly Json[] {
  const list = isObject(value) ? value[field] : undefined
  return Array.isArray(list) ? list : []
}

function cellText(cell: Json): string {
  return cell === null ? "" : String(cell)
}
