import { badRequest, Failure } from "./failure.ts"
import { at, isEqual, isList, isObject, type Json, textAt } from "./json.ts"

/** RFC 6902. A failing `test` or a path that is not there is answered 422, as the real server does. */
export function jsonPatch(target: Json, patch: Json): Json {
  if (!isList(patch))
    throw badRequest("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
  return patch.reduce<Json>(applyOperation, target)
}

function applyOperation(document: Json, operation: Json): Json {
  const path = pointer(textAt(operation, "path"))
  const value = at(operation, "value") ?? null
  switch (textAt(operation, "op")) {
    case "add":
      return write(document, path, value, "add")
    case "replace":
      return write(document, path, value, "replace")
    case "remove":
      return remove(document, path)
    case "test":
      if (isEqual(read(document, path) ?? null, value)) return document
      throw refused(`testing value ${textAt(operation, "path")} failed: test failed`)
    case "copy":
      return write(document, path, existing(document, pointer(textAt(operation, "from"))), "add")
    case "move": {
      const from = pointer(textAt(operation, "from"))
      return write(remove(document, from), path, existing(document, from), "add")
    }
    default:
      throw refused(`Unexpected kind: ${textAt(operation, "op") ?? "unknown"}`)
  }
}

function pointer(text: string | undefined): readonly string[] {
  if (text === undefined || text === "") return []
  return text
    .split("/")
    .slice(1)
    .map(part => part.replaceAll("~1", "/").replaceAll("~0", "~"))
}

function read(document: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((here, step) => (isList(here) ? here[Number(step)] : at(here, step)), document)
}

function existing(document: Json, path: readonly string[]): Json {
  const found = read(document, path)
  if (found === undefined) throw missing(path)
  return found
}

function write(document: Json | undefined, path: readonly string[], value: Json, mode: "add" | "replace"): Json {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (isList(document)) {
    const index = step === "-" ? document.length : Number(step)
    const limit = mode === "add" && rest.length === 0 ? document.length : document.length - 1
    if (!Number.isInteger(index) || index < 0 || index > limit) throw missing(path)
    const inserts = mode === "add" && rest.length === 0
    const child = inserts ? value : write(document[index], rest, value, mode)
    return document.toSpliced(index, inserts ? 0 : 1, child)
  }
  if (!isObject(document)) throw missing(path)
  const isThere = Object.hasOwn(document, step)
  if (!isThere && (rest.length > 0 || mode === "replace")) throw missing(path)
  return { ...document, [step]: write(document[step], rest, value, mode) }
}

function remove(document: Json | undefined, path: readonly string[]): Json {
  const [step = "", ...rest] = path
  if (isList(document) && document[Number(step)] !== undefined) {
    const index = Number(step)
    return rest.length === 0 ? document.toSpliced(index, 1) : document.with(index, remove(document[index], rest))
  }
  if (!isObject(document) || !Object.hasOwn(document, step)) throw missing(path)
  if (rest.length > 0) return { ...document, [step]: remove(document[step], rest) }
  const { [step]: _, ...others } = document
  return others
}

function missing(path: readonly string[]): Failure {
  return refused(`path /${path.join("/")} does not exist: missing value`)
}

/** The real server keeps the reason to itself; ours goes into the details, where only people look. */
function refused(problem: string): Failure {
  const message = "the server rejected our request due to an error in our request"
  const causes = [{ reason: "UnexpectedServerResponse", message: problem, field: "" }]
  return new Failure(422, "Invalid", message, { causes })
}
