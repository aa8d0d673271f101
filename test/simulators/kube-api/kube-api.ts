/**
 * A simulator of the Kubernetes API: good enough for an operator, for kubectl and for GitOps tools, and able to fail
 * on demand. It serves HTTPS on 127.0.0.1 with a certificate of its own throw-away authority.
 */
import { once } from "node:events"
import { makeAuthority } from "../certificates.ts"
import type { KubeObject } from "./kube-object.ts"
import { kubeconfigText } from "./kubeconfig.ts"
import { load, stored } from "./load.ts"
import { serve } from "./server.ts"
import { Simulation, type Tokens } from "./simulation.ts"

export type { Denial } from "./denials.ts"
export type { Fault, FaultAction } from "./faults.ts"
export type { LoggedRequest } from "./request-log.ts"

export type KubeApi = {
  readonly url: string
  readonly caPem: string
  /** The bearer token of a user; the first user by default. */
  token(user?: string): string
  /** Text of a kubeconfig for a user; the first of the tokens' users by default. */
  kubeconfig(user?: string): string
  /** Faults, rights, the request log and the clock. */
  readonly admin: Admin
  close(): Promise<void>
}

export type Admin = Pick<Simulation, "watches" | "faults" | "denials" | "requests"> & {
  readonly clock: Simulation["world"]["clock"]
  /** Forgets the past: older watches and unfinished paged lists answer 410. */
  compact(): void
  /** Grows with every write, whoever makes it. */
  readonly revision: number
  /** Applies manifests (YAML) as the server would; for preparing a test. */
  load(manifests: string): readonly KubeObject[]
  /** What is stored now of a resource: `secrets`, `widgets.example.org`. */
  stored(resource: string, namespace?: string): readonly KubeObject[]
}

const defaultTokens: Tokens = { "admin-token": "admin" }

/** Starts a server with the kinds of a fresh cluster and the namespaces every cluster has. */
export async function startKubeApi({
  port = 0,
  tokens = defaultTokens,
}: {
  readonly port?: number
  readonly tokens?: Tokens
} = {}): Promise<KubeApi> {
  const authority = makeAuthority("simulated-kubernetes")
  const simulation = new Simulation(tokens)
  const server = serve(simulation, authority.issue({ hosts: ["127.0.0.1", "localhost", "kubernetes.default.svc"] }))
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const url = `https://127.0.0.1:${typeof address === "object" ? address?.port : port}`
  return {
    url,
    caPem: authority.caPem,
    token: (user = firstUser(tokens)) => tokenOf(tokens, user),
    kubeconfig: (user = firstUser(tokens)) =>
      kubeconfigText({ url, caPem: authority.caPem, token: tokenOf(tokens, user), user }),
    admin: {
      watches: simulation.watches,
      faults: simulation.faults,
      denials: simulation.denials,
      requests: simulation.requests,
      clock: simulation.world.clock,
      get revision() {
        return simulation.world.store.revision
      },
      compact: () => simulation.compact(),
      load: manifests => load(simulation.world, manifests),
      stored: (resource, namespace) => stored(simulation.world, resource, namespace),
    },
    async close() {
      if (!server.listening) return
      simulation.stop()
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function firstUser(tokens: Tokens): string {
  return Object.values(tokens)[0] ?? ""
}

function tokenOf(tokens: Tokens, user: string): string {
  const token = Object.entries(tokens).find(([, name]) => name === user)?.[0]
  if (token === undefined) throw new Error(`no token was given for the user ${user}`)
  return token
}
