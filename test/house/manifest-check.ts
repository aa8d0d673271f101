import { evaluate } from "@marcbachmann/cel-js"
import { Ajv, type ValidateFunction } from "ajv"
import addFormats from "ajv-formats"
import type { Crd, Rule, Schema } from "../../scripts/crd.ts"

/** A custom resource as it is written, before the API server has seen it. */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly spec?: unknown
  readonly status?: unknown
}

/**
 * What the API server would refuse about a manifest, as far as that can be told without one: structure, bounds, unknown
 * fields, defaults, and the CEL rules as another engine reads them. With `old` it is an update.
 */
export class ManifestCheck {
  readonly #schema: Schema
  readonly #validate: ValidateFunction

  constructor(crd: Crd) {
    this.#schema = crd.spec.versions[0].schema.openAPIV3Schema
    const ajv = new Ajv({ strict: false, allErrors: true, useDefaults: true })
    addFormats.default(ajv)
    this.#validate = ajv.compile(withoutUnknownFields(this.#schema))
  }

  /** Empty when it would be accepted. The structure comes first: rules are asked of well-formed manifests only. */
  problems(manifest: Manifest, old?: Manifest): readonly string[] {
    const defaulted = structuredClone(manifest)
    if (!this.#validate(defaulted)) {
      return (this.#validate.errors ?? []).map(({ instancePath, message, params }) =>
        [instancePath, message, JSON.stringify(params)].join(" "),
      )
    }
    return brokenRules(this.#schema, defaulted, old)
  }
}

function withoutUnknownFields(schema: Schema): object {
  const { properties, items, additionalProperties } = schema
  const inner = Object.entries(properties ?? {}).map(([name, property]) => [name, withoutUnknownFields(property)])
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(inner), additionalProperties: false }),
    ...(items === undefined ? {} : { items: withoutUnknownFields(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: withoutUnknownFields(additionalProperties) }),
    ...(schema["x-kubernetes-list-type"] === "set" ? { uniqueItems: true } : {}),
  }
}

function brokenRules(schema: Schema, self: unknown, old: unknown): readonly string[] {
  const own = (schema["x-kubernetes-validations"] ?? []).filter(rule => !holds(rule, self, old))
  return [...own.map(({ message }) => message), ...children(schema, self, old).flatMap(child => brokenRules(...child))]
}

/** A transition rule is asked of updates only. */
function holds({ rule }: Rule, self: unknown, old: unknown): boolean {
  if (rule.includes("oldSelf")) return old === undefined || evaluate(rule, { self, oldSelf: old }) === true
  return evaluate(rule, { self }) === true
}

function children(schema: Schema, self: unknown, old: unknown): readonly (readonly [Schema, unknown, unknown])[] {
  const { properties = {}, items, additionalProperties } = schema
  if (Array.isArray(self)) return items === undefined ? [] : self.map(element => [items, element, undefined] as const)
  if (!isObject(self)) return []
  const before = isObject(old) ? old : {}
  return Object.keys(self).flatMap(name => {
    const below = properties[name] ?? additionalProperties
    return below === undefined ? [] : [[below, self[name], before[name]] as const]
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
