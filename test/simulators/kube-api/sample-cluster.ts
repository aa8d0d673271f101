/** What the tests of this folder share: a server of their own, a client, and a kind with one of everything. */
import type { TestContext } from "node:test"
import { Client } from "./client.ts"
import { type JsonObject, objectAt } from "./json.ts"
import { type KubeApi, startKubeApi } from "./kube-api.ts"

export type Cluster = { readonly api: KubeApi; readonly client: Client }

/** A fresh server with the widget kind, closed when the test ends. */
export async function startCluster(context: TestContext, definition: string = widgetDefinition): Promise<Cluster> {
  const api = await startKubeApi({ tokens: { "admin-token": "admin", "dev-token": "dev" } })
  const client = new Client(api, api.token())
  context.after(() => {
    client.close()
    return api.close()
  })
  api.admin.load(definition)
  return { api, client }
}

export const widgets = "/apis/example.org/v1/namespaces/default/widgets"

type WidgetParts = { readonly name?: string; readonly spec?: JsonObject; readonly metadata?: JsonObject }

/** A valid widget; what is given replaces. */
export function widget({ name = "one", spec = {}, metadata = {} }: WidgetParts = {}): JsonObject {
  return {
    apiVersion: "example.org/v1",
    kind: "Widget",
    metadata: { name, ...metadata },
    spec: { color: "red", ...spec },
  }
}

/** Stores a widget and returns it as the server answered. */
export async function createWidget(client: Client, parts: WidgetParts = {}): Promise<JsonObject> {
  const { code, body, text } = await client.call(widgets, { method: "POST", body: widget(parts) })
  if (code !== 201) throw new Error(text)
  return objectAt({ body }, "body")
}

export const widgetDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.org }
spec:
  group: example.org
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget, shortNames: [wd], categories: [samples] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      selectableFields: [{ jsonPath: .spec.color }]
      additionalPrinterColumns:
        - { name: Color, type: string, jsonPath: .spec.color }
        - { name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status' }
        - { name: Size, type: integer, jsonPath: .spec.size, priority: 1 }
        - { name: Age, type: date, jsonPath: .metadata.creationTimestamp }
      schema:
        openAPIV3Schema:
          description: Widget has one of everything.
          type: object
          required: [spec]
          properties:
            spec:
              description: What is wanted.
              type: object
              required: [color]
              x-kubernetes-validations:
                - { rule: self.color == oldSelf.color, message: color is immutable, fieldPath: .color }
                - { rule: "!has(self.max) || self.size <= self.max", messageExpression: "'size must not exceed ' + string(self.max)" }
                - { rule: "!has(self.link) || isURL(self.link) && url(self.link).getScheme() == 'https'", message: link must be https, reason: FieldValueForbidden, fieldPath: .link }
              properties:
                color: { description: Its color., type: string, enum: [red, green, blue] }
                size: { type: integer, format: int32, minimum: 1, default: 1 }
                max: { type: integer }
                link: { type: string, maxLength: 64 }
                code: { type: string, pattern: "^[a-z]+$", minLength: 2 }
                tags: { type: array, maxItems: 3, x-kubernetes-list-type: set, items: { type: string } }
                port: { x-kubernetes-int-or-string: true }
                note: { type: string, nullable: true }
                settings: { type: object, additionalProperties: { type: integer } }
                extra: { type: object, x-kubernetes-preserve-unknown-fields: true }
                when: { type: string, format: date-time }
                parts:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items:
                    type: object
                    required: [name]
                    properties:
                      name: { type: string }
                      count:
                        type: integer
                        x-kubernetes-validations:
                          - { rule: self >= oldSelf, message: count never shrinks }
            status:
              type: object
              properties:
                observedGeneration: { type: integer, format: int64 }
                conditions:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [type]
                  items:
                    type: object
                    required: [type, status]
                    properties:
                      type: { type: string }
                      status: { type: string }
                      reason: { type: string }
                      message: { type: string }
                      observedGeneration: { type: integer, format: int64 }
                      lastTransitionTime: { type: string, format: date-time }
`
