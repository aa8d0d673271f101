import { lookup } from "node:dns/promises"
import { connect, isIPv6 } from "node:net"
import { type Dispatcher, request } from "undici"
import type { ProbeStep } from "../core/ports.ts"
import type { ProxySettings } from "../http/client.ts"
import { networkFailure } from "../http/network-failure.ts"
import { proxyFor } from "../http/proxy-for.ts"

export type Step = { readonly step: ProbeStep; readonly ok: boolean; readonly reason: string; readonly message: string }

/** A host that takes longer than this to be found or reached is down as far as people are concerned. */
const answerWithinMs = 10_000

type Target = {
  readonly endpoint: string
  readonly proxy: ProxySettings
  readonly dispatcher: Dispatcher
  /** Connected to instead of where the endpoint's name leads; a proxy is asked by name. */
  readonly resolveTo?: string | undefined
}

/** The way to an endpoint step by step, ending with the first that fails. Behind a proxy the way leads to the proxy. */
export async function reach(
  { endpoint, proxy, dispatcher, resolveTo }: Target,
  signal: AbortSignal,
): Promise<readonly Step[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)])
  const next = firstHop({ endpoint, proxy, resolveTo })
  const steps = [await dnsStep(next, limit)]
  if (steps.every(step => step.ok)) steps.push(await tcpStep(next, limit))
  if (steps.every(step => step.ok)) steps.push(await tlsStep(endpoint, dispatcher, limit))
  signal.throwIfAborted()
  return steps
}

function firstHop({ endpoint, proxy, resolveTo }: Omit<Target, "dispatcher">): URL {
  const url = new URL(endpoint)
  const through = proxyFor(url, proxy)
  if (through !== undefined) return new URL(through)
  if (resolveTo !== undefined) url.hostname = isIPv6(resolveTo) ? `[${resolveTo}]` : resolveTo
  return url
}

async function dnsStep({ hostname }: URL, signal: AbortSignal): Promise<Step> {
  const name = hostname.replace(/^\[|\]$/g, "")
  try {
    await Promise.race([lookup(name), rejection(signal)])
    return { step: "DNS", ok: true, reason: "Succeeded", message: `${name} has an address` }
  } catch (error) {
    const { code } = networkFailure(error)
    const message = `${name} has no address (${code}); check the endpoint and the cluster's DNS`
    return { step: "DNS", ok: false, reason: "Unreachable", message }
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  })
}

async function tcpStep(url: URL, signal: AbortSignal): Promise<Step> {
  const port = Number(url.port) || (url.protocol === "http:" ? 80 : 443)
  try {
    await openAndClose({ host: url.hostname.replace(/^\[|\]$/g, ""), port }, signal)
    return { step: "TCP", ok: true, reason: "Succeeded", message: `${url.host} accepts connections` }
  } catch (error) {
    const { code } = networkFailure(error)
    const message = `${url.host} accepts no connection (${code}); usually a firewall or a NetworkPolicy, or a missing proxy`
    return { step: "TCP", ok: false, reason: "Unreachable", message }
  }
}

function openAndClose(address: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    const stop = () => socket.destroy(new Error("no answer in time"))
    signal.addEventListener("abort", stop, { once: true })
    socket.once("connect", () => socket.destroy())
    socket.once("error", reject)
    socket.once("close", hadError => {
      signal.removeEventListener("abort", stop)
      if (!hadError) resolve()
    })
  })
}

/** Any answer will do: it came through the certificate. */
async function tlsStep(endpoint: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<Step> {
  const { host } = new URL(endpoint)
  try {
    const { body } = await request(endpoint, { dispatcher, signal, method: "GET" })
    await body.dump()
    return { step: "TLS", ok: true, reason: "Succeeded", message: `the certificate of ${host} is trusted` }
  } catch (error) {
    const { reason, code } = networkFailure(error)
    const cause = reason === "TLSFailed" ? mistrust(code) : "the connection broke during the handshake"
    return { step: "TLS", ok: false, reason, message: `${host}: ${cause} (${code})` }
  }
}

/** In the words of who has to mend it; https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function mistrust(code: string): string {
  const known = mistrusts.find(([pattern]) => pattern.test(code))
  return known?.[1] ?? "its certificate is not trusted; a proxy that opens TLS needs its authority in tls.caBundle"
}

const mistrusts: readonly (readonly [code: RegExp, text: string])[] = [
  [/ALTNAME_INVALID|HOSTNAME_MISMATCH/, "its certificate is for another name"],
  [/CERT_HAS_EXPIRED/, "its certificate has ended"],
  [/CERT_NOT_YET_VALID/, "its certificate has not begun; check the clock"],
  [/UNSPECIFIED|TOO_WEAK|TOO_SMALL/, "its certificate is too weak: it takes a key of 2048 bits and no SHA-1"],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH/, "it does not speak TLS at this port"],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HANDSHAKE_FAILURE|NO_PROTOCOLS/, "it speaks no TLS 1.2 or newer"],
]
