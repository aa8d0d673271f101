import { builtInKinds } from "./builtin-kinds.ts"
import { apiVersionOf, type ResourceKind } from "./resource-kind.ts"

/** The kinds that are served now; definitions come and go. */
export class Registry {
  readonly #kinds = new Map<string, ResourceKind>()

  constructor() {
    for (const kind of builtInKinds) this.#kinds.set(keyOf(kind), kind)
  }

  find(group: string, version: string, plural: string): ResourceKind | undefined {
    return this.#kinds.get(keyOf({ group, version, plural }))
  }

  findByKind(apiVersion: string, name: string): ResourceKind | undefined {
    return this.all().find(kind => apiVersionOf(kind) === apiVersion && kind.kind === name)
  }

  all(): readonly ResourceKind[] {
    return [...this.#kinds.values()]
  }

  /** The kinds of one group and version. */
  of(group: string, version: string): readonly ResourceKind[] {
    return this.all().filter(kind => kind.group === group && kind.version === version)
  }

  groups(): readonly string[] {
    return [...new Set(this.all().map(kind => kind.group))].filter(group => group !== "")
  }

  /** Versions of a group, the most stable first. */
  versions(group: string): readonly string[] {
    const versions = this.all().filter(kind => kind.group === group)
    return [...new Set(versions.map(kind => kind.version))].sort(byStability)
  }

  /** Some version of the objects kept under a storage key, to word answers with. */
  ofStorage(storage: string): ResourceKind | undefined {
    return this.all().find(kind => kind.storage === storage)
  }

  /** Replaces all versions of one custom resource; none takes it away. */
  replace(group: string, plural: string, kinds: readonly ResourceKind[]): void {
    for (const kind of this.all()) {
      if (kind.group === group && kind.plural === plural && !kind.builtIn) this.#kinds.delete(keyOf(kind))
    }
    for (const kind of kinds) this.#kinds.set(keyOf(kind), kind)
  }
}

function keyOf({ group, version, plural }: Pick<ResourceKind, "group" | "version" | "plural">): string {
  return `${group}/${version}/${plural}`
}

/** v2 before v1 before v1beta1 before v1alpha1, as `version.CompareKubeAwareVersionStrings` orders them. */
function byStability(one: string, other: string): number {
  return rank(other) - rank(one)
}

function rank(version: string): number {
  const parsed = /^v(\d+)(?:(alpha|beta)(\d+))?$/u.exec(version)
  if (parsed === null) return -1
  const [, major = "0", stage, minor = "0"] = parsed
  const stages = { alpha: 0, beta: 1 }
  const level = stage === "alpha" || stage === "beta" ? stages[stage] : 2
  return level * 1e6 + Number(major) * 1e3 + Number(minor)
}
