import { NeedsAttentionError } from "../../../core/errors.ts"

/** Everything of Exchange Online is in these domains: worldwide, in China, once in Germany, and for governments. */
const domains =
  "office365.com office.com outlook.com live.com cloud.microsoft outlook.cn office.de office365.us apps.mil".split(" ")

/**
 * Exchange Online has switched EWS off for good, tenant by tenant: a connection to it would fail one day for no visible
 * reason. Throws a NeedsAttentionError that shows the way.
 */
export function refuseExchangeOnline({ url }: { readonly url: string }): void {
  const hostname = new URL(url).hostname.replace(/\.$/, "")
  if (!domains.some(domain => `.${hostname}`.endsWith(`.${domain}`))) return
  const text = `${hostname} is Exchange Online, where EWS is switched off for good; use spec.graph`
  throw new NeedsAttentionError(text, { reason: "UnsupportedServer" })
}
