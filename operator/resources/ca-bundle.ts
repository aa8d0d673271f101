/** Where certificates trusted besides the public ones are kept: a ConfigMap of the object's own namespace. */
export type CaBundleRef = { readonly configMapName: string; readonly key: string }

type CaBundleSpec = { readonly configMapRef: { readonly name: string; readonly key?: string } }

/** To be spread into what is read: nothing at all when no bundle is named. */
export function readCaBundle(spec: CaBundleSpec | undefined): { readonly caBundle?: CaBundleRef } {
  if (spec === undefined) return {}
  const { name, key = "ca.crt" } = spec.configMapRef
  return { caBundle: { configMapName: name, key } }
}
