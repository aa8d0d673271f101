/** Looking into JSON that somebody else wrote. */

export type Json = Record<string, unknown>

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function jsonAt(value: unknown, key: string): Json | undefined {
  const found = isJson(value) ? value[key] : undefined
  return isJson(found) ? found : undefined
}

export function textAt(value: unknown, key: string): string | undefined {
  const found = isJson(value) ? value[key] : undefined
  return typeof found === "string" ? found : undefined
}

export function numberAt(value: unknown, key: string): number | undefined {
  const found = isJson(value) ? value[key] : undefined
  return typeof found === "number" ? found : undefined
}

export function listAt(value: unknown, key: string): readonly unknown[] | undefined {
  const found: unknown = isJson(value) ? value[key] : undefined
  return Array.isArray(found) ? found : undefined
}

export function textsAt(value: unknown, key: string): readonly string[] {
  return (listAt(value, key) ?? []).filter(entry => typeof entry === "string")
}

/** The text of a JSON document as a value, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
