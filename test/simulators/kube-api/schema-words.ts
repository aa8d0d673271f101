import type { JsonObject } from "./json.ts"

/** Short words to write the schemas of the built-in kinds with; each gives OpenAPI as a definition would have it. */

export function object(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: "object", properties, ...(required.length === 0 ? {} : { required }) }
}

export function text(description = ""): JsonObject {
  return { type: "string", ...(description === "" ? {} : { description }) }
}

export function integer(format: "int32" | "int64"): JsonObject {
  return { type: "integer", format }
}

export function flag(): JsonObject {
  return { type: "boolean" }
}

export function time(): JsonObject {
  return { type: "string", format: "date-time", nullable: true }
}

export function mapOf(values: JsonObject): JsonObject {
  return { type: "object", additionalProperties: values, nullable: true }
}

export function setOf(items: JsonObject): JsonObject {
  return { type: "array", items, nullable: true, "x-kubernetes-list-type": "set" }
}

export function listOf(items: JsonObject): JsonObject {
  return { type: "array", items, nullable: true, "x-kubernetes-list-type": "atomic" }
}

export function listBy(key: string, items: JsonObject): JsonObject {
  return { type: "array", items, nullable: true, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] }
}

export function anything(): JsonObject {
  return { type: "object", "x-kubernetes-preserve-unknown-fields": true }
}

export function described(schema: JsonObject, description: string): JsonObject {
  return { ...schema, description }
}
