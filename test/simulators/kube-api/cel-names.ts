const keywords = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
)

/** How a property is called in CEL. https://kubernetes.io/docs/reference/using-api/cel/#escaping */
export function escapedName(name: string): string {
  if (keywords.has(name)) return `__${name}__`
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__")
}
