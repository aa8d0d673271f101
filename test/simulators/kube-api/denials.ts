import { Failure } from "./failure.ts"

/** A right that a user has not; what is left out means all of them. */
export type Denial = {
  readonly user?: string
  readonly verb?: string
  readonly group?: string
  /** The plural, with `/status` for a subresource. */
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
}

export type Access = {
  readonly user: string
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

/** Everything is allowed to everybody but what is on this list. */
export class Denials {
  #denials: Denial[] = []

  /** Returns a function that gives the right back. */
  add(denial: Denial): () => void {
    this.#denials.push(denial)
    return () => {
      this.#denials = this.#denials.filter(each => each !== denial)
    }
  }

  allows(access: Access): boolean {
    return !this.#denials.some(denial => covers(denial, access))
  }

  /** Throws 403 in the words of the RBAC authorizer. */
  require(access: Access): void {
    if (this.allows(access)) return
    const { user, verb, group, resource, namespace, name } = access
    const [plural = ""] = resource.split("/")
    const about = `${group === "" ? plural : `${plural}.${group}`}${name === "" ? "" : ` "${name}"`}`
    const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`
    const message = `${about} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
    throw new Failure(403, "Forbidden", message, {
      ...(name === "" ? {} : { name }),
      ...(group === "" ? {} : { group }),
      kind: plural,
    })
  }
}

function covers(denial: Denial, access: Access): boolean {
  const fields = ["user", "verb", "group", "resource", "namespace", "name"] as const
  return fields.every(field => denial[field] === undefined || denial[field] === access[field])
}
