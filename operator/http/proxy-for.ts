import type { ProxySettings } from "./client.ts"

/**
 * The proxy a request to that address goes through, if any: as the dispatcher decides it, which tells nobody
 * (https://undici.nodejs.org/#/docs/api/EnvHttpProxyAgent).
 */
export function proxyFor(url: URL, { httpProxy, httpsProxy, noProxy = "" }: ProxySettings): string | undefined {
  const proxy = (url.protocol === "https:" && httpsProxy) || httpProxy
  const target = {
    host: url.hostname.replace(/^\[|\]$|\.$/g, "").toLowerCase(),
    port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
  }
  const isPassedBy = noProxy.split(/[,\s]+/).some(entry => entry !== "" && covers(entry, target))
  return proxy && !isPassedBy ? proxy : undefined
}

/** A name covers what is below it; `*.name` that only. IPv6 has colons of its own, and brackets where a port follows. */
function covers(entry: string, { host, port }: { readonly host: string; readonly port: number }): boolean {
  const [, named = entry, onlyPort] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? []
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false
  const name = named
    .replace(/^\[|\]$/g, "")
    .replace(/^\*?\./, "")
    .replace(/\.$/, "")
    .toLowerCase()
  return name === "*" || host.endsWith(`.${name}`) || (host === name && !named.startsWith("*"))
}
