import { badRequest } from "./failure.ts"
import { type FieldError, type FieldPath, forbiddenField, invalid, required } from "./field-error.ts"
import { at, isEqual, type Json, objectAt, textAt } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"

/** MicroTime is read with exactly six digits, one of the real server's traps (kubernetes/kubernetes#141204). */
export function requireMicroTime(object: KubeObject, ...paths: readonly FieldPath[]): void {
  for (const path of paths) {
    const text = textAt(object, ...path)
    if (text === undefined || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})$/u.test(text)) continue
    const rest = text.slice("2006-01-02T15:04:05".length)
    throw badRequest(
      `${object.kind} in version "${object.apiVersion.split("/").at(-1)}" cannot be handled as a ${object.kind}: ` +
        `parsing time "${text}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "${rest}" as ".000000"`,
    )
  }
}

export function checkLease(lease: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = []
  const positive: FieldPath = ["spec", "leaseDurationSeconds"]
  const counted: FieldPath = ["spec", "leaseTransitions"]
  const duration = at(lease, ...positive)
  const transitions = at(lease, ...counted)
  if (typeof duration === "number" && duration <= 0) errors.push(invalid(positive, duration, "must be greater than 0"))
  if (typeof transitions === "number" && transitions < 0) {
    errors.push(invalid(counted, transitions, "must be greater than or equal to 0"))
  }
  return errors
}

export function prepareLease(lease: KubeObject): KubeObject {
  requireMicroTime(lease, ["spec", "acquireTime"], ["spec", "renewTime"])
  return lease
}

/** `stringData` is write-only and goes into `data`; the type is Opaque unless said. */
export function prepareSecret(secret: KubeObject): KubeObject {
  const { stringData, ...rest } = secret
  const written = Object.entries(objectAt({ stringData: stringData ?? null }, "stringData"))
  const encoded = written.map(([key, value]): [string, Json] => [key, Buffer.from(String(value)).toString("base64")])
  const data = { ...objectAt(secret, "data"), ...Object.fromEntries(encoded) }
  return {
    ...rest,
    apiVersion: secret.apiVersion,
    kind: secret.kind,
    metadata: secret.metadata,
    type: textAt(secret, "type") ?? "Opaque",
    ...(Object.keys(data).length === 0 ? {} : { data }),
  }
}

export function checkSecret(secret: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [...checkImmutable(secret, old)]
  const type = secret["type"] ?? null
  if (old !== undefined && !isEqual(old["type"], type)) errors.push(invalid(["type"], type, "field is immutable"))
  const needed = type === "kubernetes.io/tls" ? ["tls.crt", "tls.key"] : []
  for (const key of needed) if (at(secret, "data", key) === undefined) errors.push(required(["data", `[${key}]`]))
  return errors
}

/** Secrets and ConfigMaps with `immutable: true` keep their data for ever. */
export function checkImmutable(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const keys = Object.keys({ ...objectAt(object, "data"), ...objectAt(object, "binaryData") })
  const errors = keys
    .filter(key => !/^[-._a-zA-Z0-9]+$/u.test(key))
    .map(key => invalid(["data"], key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"))
  if (old?.["immutable"] !== true) return errors
  const frozen = ["immutable", "data", "binaryData"].filter(field => !isEqual(object[field], old[field]))
  return [...errors, ...frozen.map(field => forbiddenField([field], "field is immutable when `immutable` is set"))]
}
