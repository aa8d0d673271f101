import { type Dispatcher, fetch, type Response } from "undici"
import { isAbort, NeedsAttentionError, TemporaryError } from "../../core/errors.ts"
import type { ICalSettings } from "../../core/ports.ts"
import { networkFailure } from "../../http/network-failure.ts"
import { retryAfterMs } from "../../http/retry-after.ts"
import { redirectTarget } from "./feed-address.ts"

/** A feed over HTTP (RFC 9110): conditional, with bounded size, time and redirects. */

/** What the server called the version it gave last. */
export type Validators = { readonly etag?: string; readonly lastModified?: string }

export type FetchedFeed =
  | { readonly kind: "notModified" }
  | {
      readonly kind: "body"
      readonly bytes: Uint8Array
      readonly charset: string | undefined
      readonly validators: Validators
    }

export type FeedRequest = {
  readonly url: URL
  readonly validators: Validators
  readonly credential: ICalSettings["credential"]
  readonly dispatcher: Dispatcher
  readonly timeoutMs: number
  readonly now: () => Temporal.Instant
}

/** What browsers of calendars follow; a longer way is a circle. */
const maxRedirects = 5
/** Some 90,000 events as text, and what is unpacked counts: a small answer can hold a very long one. */
const maxFeedBytes = 32 * 1024 * 1024

/**
 * The feed's answer. Throws TemporaryError or NeedsAttentionError with `Unreachable`, `Unauthorized`, `TLSFailed`,
 * `PartialRead` or `Implausible`; an abort passes.
 */
export async function fetchFeed(request: FeedRequest, signal: AbortSignal): Promise<FetchedFeed> {
  if (request.credential !== undefined && request.url.protocol !== "https:") {
    throw new NeedsAttentionError("credentials are only sent over https", { reason: "InvalidSpec" })
  }
  const limited = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs)])
  let url = request.url
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await ask(request, url, { signal, limited })
    if (!isRedirect(response)) return await answerOf(response, { request, url, signal, limited })
    await response.body?.cancel()
    url = redirectTarget(url, response.headers.get("location"))
  }
  throw new NeedsAttentionError(`${request.url.host} redirects more than ${maxRedirects} times`, {
    reason: "Unreachable",
  })
}

type Signals = { readonly signal: AbortSignal; readonly limited: AbortSignal }

async function ask(request: FeedRequest, url: URL, { signal, limited }: Signals): Promise<Response> {
  const headers = headersFor(request, url)
  try {
    return await fetch(url, { dispatcher: request.dispatcher, redirect: "manual", signal: limited, headers })
  } catch (error) {
    throw translated(error, { url, signal, limited })
  }
}

/** Credentials belong to one origin. A redirect may lead elsewhere, and there nobody gets them. */
function headersFor({ url: asked, validators, credential }: FeedRequest, url: URL): Record<string, string> {
  const { etag, lastModified } = validators
  return {
    accept: "text/calendar, text/plain;q=0.5, */*;q=0.1",
    "accept-encoding": "gzip, br",
    "user-agent": "calsync",
    ...(etag === undefined ? {} : { "if-none-match": etag }),
    ...(lastModified === undefined ? {} : { "if-modified-since": lastModified }),
    ...(credential === undefined || url.origin !== asked.origin ? {} : { authorization: authorization(credential) }),
  }
}

/** Throws for a token that no header can hold: `fetch` would repeat it in its error. */
function authorization(credential: NonNullable<ICalSettings["credential"]>): string {
  if ("bearerToken" in credential) {
    if (/^[\x21-\x7E]+$/.test(credential.bearerToken)) return `Bearer ${credential.bearerToken}`
    throw new NeedsAttentionError("the token of the feed holds a blank or a character that no token has", {
      reason: "Unauthorized",
    })
  }
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`, "utf8").toString("base64")}`
}

/** The reason stays what the chain of errors says: undici wraps what the socket or the certificate check found. */
function translated(error: unknown, { url, signal, limited }: Signals & { readonly url: URL }): unknown {
  if (isAbort(error, signal) || signal.aborted) return signal.reason
  if (limited.aborted) {
    return new TemporaryError(`${url.host} did not answer in time`, { reason: "Unreachable", cause: error })
  }
  const { reason, code } = networkFailure(error)
  const details = { reason, cause: error }
  if (reason === "TLSFailed")
    return new NeedsAttentionError(`the certificate of ${url.host} is refused: ${code}`, details)
  return new TemporaryError(`${url.host} cannot be reached: ${code}`, details)
}

function isRedirect({ status }: Response): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

type AnswerContext = Signals & { readonly request: FeedRequest; readonly url: URL }

async function answerOf(response: Response, context: AnswerContext): Promise<FetchedFeed> {
  if (response.status === 304 && hasValidators(context.request.validators)) {
    await response.body?.cancel()
    return { kind: "notModified" }
  }
  if (response.status !== 200) {
    await response.body?.cancel()
    throw refusal(response, context)
  }
  return {
    kind: "body",
    bytes: await readBody(response, context),
    charset: /charset\s*=\s*"?([^";\s]+)/i.exec(response.headers.get("content-type") ?? "")?.[1],
    validators: validatorsOf(response),
  }
}

function hasValidators({ etag, lastModified }: Validators): boolean {
  return etag !== undefined || lastModified !== undefined
}

function validatorsOf({ headers }: Response): Validators {
  const etag = headers.get("etag")
  const lastModified = headers.get("last-modified")
  return { ...(etag === null ? {} : { etag }), ...(lastModified === null ? {} : { lastModified }) }
}

/** What an answer other than "here it is" means for a feed. */
function refusal({ status, headers }: Response, { url, request }: AnswerContext): Error {
  const message = `${url.host} answered ${status}`
  const wait = retryAfterMs(headers.get("retry-after") ?? undefined, request.now().epochMilliseconds)
  if (status === 401 || status === 403) return new NeedsAttentionError(message, { reason: "Unauthorized" })
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new TemporaryError(message, { reason: "Unreachable", ...(wait === undefined ? {} : { retryAfterMs: wait }) })
  }
  if (status === 206) return new TemporaryError(message, { reason: "PartialRead" })
  if (status < 400) return new TemporaryError(`${message}, which holds no calendar`, { reason: "Implausible" })
  return new NeedsAttentionError(`${message}: there is no feed at this address`, { reason: "Unreachable" })
}

async function readBody(response: Response, { url, signal, limited }: AnswerContext): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  try {
    for await (const piece of response.body ?? []) {
      length += piece.byteLength
      if (length > maxFeedBytes) break
      pieces.push(piece)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const what = limited.aborted ? "did not finish its answer in time" : "broke off its answer"
    throw new TemporaryError(`${url.host} ${what}`, { reason: "PartialRead", cause: error })
  }
  if (length <= maxFeedBytes) return Buffer.concat(pieces)
  throw new NeedsAttentionError(`the answer of ${url.host} is larger than ${maxFeedBytes} bytes`, {
    reason: "Implausible",
  })
}
