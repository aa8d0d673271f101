import { NeedsAttentionError } from "../../core/errors.ts"

/** Where a feed is. Addresses of feeds are often secrets themselves, so messages name the host and no more. */

/** `webcal:` is the web by another name. Throws NeedsAttentionError (`InvalidSpec`) for what is no address of the web. */
export function feedAddress(text: string): URL {
  const address = text.trim().replace(/^webcals?:/i, "https:")
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url !== undefined && hasCredentials(url)) {
    throw new NeedsAttentionError("the address of the feed holds a user name or password: put them into a Secret", {
      reason: "InvalidSpec",
    })
  }
  if (url?.protocol === "https:" || url?.protocol === "http:") return url
  throw new NeedsAttentionError("the address of the feed is neither https, http nor webcal", { reason: "InvalidSpec" })
}

/** The address of one identity's feed. An identity cannot lead anywhere but to its own place in the template. */
export function identityAddress(template: string, identity: string): URL {
  // A browser resolves `..` however it is encoded, and leaves the folder that the template names.
  if (/^\.{1,2}$/.test(identity)) {
    throw new NeedsAttentionError("an identity of dots has no address in the template", { reason: "InvalidSpec" })
  }
  return feedAddress(template.replaceAll("{identity}", () => encodeURIComponent(identity.toWellFormed())))
}

/**
 * Where a redirect leads. Throws NeedsAttentionError (`Unreachable`) when it leads nowhere, to an address with a user name
 * in it, or from https to http: a calendar that was asked for in private is not fetched in the open.
 */
export function redirectTarget(from: URL, location: string | null): URL {
  const target = (location ?? "").replace(/^webcals?:/i, "https:")
  const url = location !== null && URL.canParse(target, from) ? new URL(target, from) : undefined
  const isOpen = url?.protocol === "http:" && from.protocol === "https:"
  const isFollowed = url !== undefined && /^https?:$/.test(url.protocol) && !isOpen && !hasCredentials(url)
  if (isFollowed) return url
  throw new NeedsAttentionError(`${from.host} redirects to an address that is not followed`, { reason: "Unreachable" })
}

/** `fetch` refuses such an address, and repeats all of it in its error. */
function hasCredentials({ username, password }: URL): boolean {
  return username !== "" || password !== ""
}
