import type { KubeObject, ObjectMeta, ResourceKind } from "../../operator/runtime/objects.ts"

/** The kind these tests use; the runtime has no idea of calendars and neither have they. */
export const widgetKind: ResourceKind = { group: "test.dev", version: "v1", plural: "widgets", kind: "Widget" }

export type Widget = KubeObject<{ readonly size: number }, { readonly phase?: string; readonly count?: number }>

export type WidgetIdea = Partial<ObjectMeta> & { readonly size?: number; readonly phase?: string }

export function widget(name: string, { size = 1, phase, ...metadata }: WidgetIdea = {}): Widget {
  return {
    apiVersion: "test.dev/v1",
    kind: "Widget",
    metadata: { namespace: "default", uid: `uid-${name}`, resourceVersion: "1", generation: 1, ...metadata, name },
    spec: { size },
    ...(phase !== undefined && { status: { phase } }),
  }
}
