import { NeedsAttentionError } from "../../core/errors.ts"

/** Where Exchange Online answers, or answered, to EWS: worldwide, governments, China, and by its old names. */
const online =
  /(?:^|\.)(?:outlook\.(?:office365?\.(?:com|us)|com)|office365\.us|partner\.outlook\.cn|outlook\.office\.de|apps\.mil)$/i

/**
 * Exchange Online has switched EWS off for good, tenant by tenant: a connection to it would fail one day for no visible
 * reason. Throws a NeedsAttentionError that shows the way.
 */
export function refuseExchangeOnline({ url }: { readonly url: string }): void {
  const { hostname } = new URL(url)
  if (!online.test(hostname)) return
  const text = `${hostname} is Exchange Online, where EWS is switched off for good; use spec.graph`
  throw new NeedsAttentionError(text, { reason: "UnsupportedServer" })
}
