import { isIP } from "node:net"
import { Environment } from "@marcbachmann/cel-js"
import { hasFormat } from "./formats.ts"
import { isEqual, type Json } from "./json.ts"
import { patternOf } from "./schema.ts"

/**
 * CEL with the functions Kubernetes adds to it, as far as definitions of calendars and their like need them.
 * https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
 */
export function kubernetesEnvironment(): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true })
    .registerVariable("self", "dyn")
    .registerVariable("oldSelf", "dyn")
  for (const add of [addTexts, addUrls, addAddresses, addLists]) add(environment)
  return environment
}

/** What `url()` gives. */
class CelUrl {
  readonly url: URL
  constructor(text: string) {
    this.url = new URL(text)
  }
}

/** What `sets` is, so that `sets.contains(…)` is a method call. */
class SetsLibrary {}

function addTexts(environment: Environment): void {
  environment
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    )
    .registerFunction("string.charAt(int): string", (text: string, index: bigint) => [...text][Number(index)] ?? "")
    .registerFunction("string.reverse(): string", (text: string) => [...text].reverse().join(""))
    .registerFunction("string.find(string): string", (text: string, pattern: string) => {
      return patternOf(pattern)?.exec(text)?.[0] ?? ""
    })
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) => {
      const expression = patternOf(pattern) ?? /(?:)/u
      return [...text.matchAll(new RegExp(expression.source, `g${expression.flags}`))].map(match => match[0])
    })
}

/** `isURL` wants an absolute address or an absolute path, as Go's url.ParseRequestURI does. */
function addUrls(environment: Environment): void {
  environment
    .registerType("kubernetesURL", { ctor: CelUrl, fields: {} })
    .registerFunction(
      "isURL(string): bool",
      (text: string) => /^[a-z][a-z0-9+.-]*:\/\//iu.test(text) && URL.canParse(text),
    )
    .registerFunction("url(string): kubernetesURL", (text: string) => new CelUrl(text))
    .registerFunction("kubernetesURL.getScheme(): string", ({ url }: CelUrl) => url.protocol.replace(/:$/u, ""))
    .registerFunction("kubernetesURL.getHost(): string", ({ url }: CelUrl) => url.host)
    .registerFunction("kubernetesURL.getHostname(): string", ({ url }: CelUrl) => url.hostname)
    .registerFunction("kubernetesURL.getPort(): string", ({ url }: CelUrl) => url.port)
    .registerFunction("kubernetesURL.getEscapedPath(): string", ({ url }: CelUrl) => url.pathname)
    .registerFunction("kubernetesURL.getQuery(): map", ({ url }: CelUrl) => {
      const names = [...new Set(url.searchParams.keys())]
      return Object.fromEntries(names.map(name => [name, url.searchParams.getAll(name)]))
    })
}

function addAddresses(environment: Environment): void {
  environment
    .registerFunction("isIP(string): bool", (text: string) => isIP(text) !== 0)
    .registerFunction("isCIDR(string): bool", (text: string) => hasFormat(text, "cidr"))
}

function addLists(environment: Environment): void {
  environment
    .registerType("setsLibrary", { ctor: SetsLibrary, fields: {} })
    .registerConstant("sets", "setsLibrary", new SetsLibrary())
    .registerFunction("list.isSorted(): bool", (list: readonly Comparable[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] ?? item) <= item),
    )
    .registerFunction("list.sum(): dyn", (list: readonly (number | bigint)[]) =>
      list.reduce((sum: number | bigint, item) =>
        typeof sum === "bigint" && typeof item === "bigint" ? sum + item : Number(sum) + Number(item),
      ),
    )
    .registerFunction("list.min(): dyn", (list: readonly Comparable[]) => list.toSorted(inOrder)[0])
    .registerFunction("list.max(): dyn", (list: readonly Comparable[]) => list.toSorted(inOrder).at(-1))
    .registerFunction("list.indexOf(dyn): int", (list: readonly Json[], item: Json) =>
      BigInt(list.findIndex(each => isEqual(each, item))),
    )
    .registerFunction(
      "setsLibrary.contains(list, list): bool",
      (_: SetsLibrary, list: readonly Json[], sub: readonly Json[]) =>
        sub.every(item => list.some(each => isEqual(each, item))),
    )
    .registerFunction(
      "setsLibrary.intersects(list, list): bool",
      (_: SetsLibrary, list: readonly Json[], other: readonly Json[]) =>
        other.some(item => list.some(each => isEqual(each, item))),
    )
}

function inOrder(one: Comparable, other: Comparable): number {
  return one < other ? -1 : one > other ? 1 : 0
}

type Comparable = string | number | bigint
