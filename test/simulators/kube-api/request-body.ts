import { parse as parseYaml } from "yaml"
import { badRequest, unsupportedMediaType } from "./failure.ts"
import { isObject, type Json, type JsonObject, parseJson } from "./json.ts"

export type RequestBody = { readonly contentType: string; readonly body: string }

const readable = ["application/json", "application/yaml"]

/** The object that was sent; throws 415 for protobuf and its like, 400 for what is no object. */
export function readObject({ contentType, body }: RequestBody): JsonObject {
  if (contentType !== "" && !readable.includes(contentType)) throw unsupportedMediaType(readable)
  const parsed = contentType === "application/yaml" ? readYaml(body) : readJson(body)
  if (!isObject(parsed)) throw badRequest("the request's body is no object")
  return parsed
}

/** DeleteOptions may be left out. */
export function readOptions(request: RequestBody): JsonObject {
  return request.body.trim() === "" ? {} : readObject(request)
}

/** YAML, or JSON by the name of YAML, which is what kubectl sends and is read much faster. */
export function readYaml(body: string): Json {
  try {
    return body.startsWith("{") && body.trimEnd().endsWith("}") ? readFlow(body) : (parseYaml(body) as Json)
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readFlow(body: string): Json {
  try {
    return parseJson(body)
  } catch {
    return parseYaml(body) as Json
  }
}

function readJson(body: string): Json {
  try {
    return parseJson(body)
  } catch {
    throw badRequest("the object provided is unrecognized: couldn't get version/kind; json parse error")
  }
}
