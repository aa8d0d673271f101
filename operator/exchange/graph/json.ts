/** Careful reading of JSON nobody here wrote: what is not there, null or of another kind is undefined. */

export type JsonRecord = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function recordAt(record: JsonRecord, name: string): JsonRecord | undefined {
  const value = record[name]
  return isRecord(value) ? value : undefined
}

export function textAt(record: JsonRecord, name: string): string | undefined {
  const value = record[name]
  return typeof value === "string" ? value : undefined
}

export function numberAt(record: JsonRecord, name: string): number | undefined {
  const value = record[name]
  return typeof value === "number" ? value : undefined
}

export function recordsAt(record: JsonRecord, name: string): readonly JsonRecord[] {
  const value = record[name]
  return Array.isArray(value) ? value.filter(isRecord) : []
}

export function textsAt(record: JsonRecord, name: string): readonly string[] {
  const value = record[name]
  return Array.isArray(value) ? value.filter(item => typeof item === "string") : []
}
