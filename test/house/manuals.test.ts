import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, test } from "node:test"
import { parseAllDocuments } from "yaml"
import { annotations, apiGroup, apiVersion } from "../../operator/resources/api-group.ts"
import { conditionsOf, eventReasons, reasons } from "../../operator/resources/reasons.ts"
import { type Crd, readCrds, type Schema } from "../../scripts/crd.ts"
import { type Manifest, ManifestCheck } from "./manifest-check.ts"
import { blocksOf, manuals, proseOf, read, root } from "./manuals.ts"

const crds = readCrds(join(root, "crds"))
const checks = new Map(crds.map(crd => [crd.spec.names.kind, new ManifestCheck(crd)]))

/** What is written for people; not what a machine makes from the definitions, and not the style, whose examples are made up. */
const written = manuals.filter(path => path !== "docs/kinds.md" && path !== "docs/style.md")

const ourNames: ReadonlySet<string> = new Set([...Object.values(annotations), `${apiGroup}/${apiVersion}`])

/** What stands in capitals and code letters: kinds, conditions, reasons, values of enums, and a few names of others. */
const ourWords: ReadonlySet<string> = new Set([
  ...Object.keys(conditionsOf),
  ...Object.values(conditionsOf).flat(),
  ...Object.keys(reasons),
  ...eventReasons,
  ...crds.flatMap(crd => wordsOf(crd.spec.versions[0].schema.openAPIV3Schema)),
  ...["Dockerfile", "Temporal", "ChangedMeanwhileError"],
])

for (const path of written) {
  describe(path, () => {
    const text = read(path)

    test("every manifest in it is YAML, and would be accepted where it is one of our kinds", () => {
      for (const manifest of manifestsOf(text)) {
        if (manifest.apiVersion !== "calsync.dev/v1alpha1") continue
        const check = checks.get(manifest.kind)
        assert.ok(check, manifest.kind)
        assert.deepEqual(check.problems(manifest), [], `${manifest.kind} ${manifest.metadata?.["name"]}`)
      }
    })

    test("every link into the checkout leads somewhere", () => {
      for (const target of linksOf(text)) {
        const [file = "", place] = target.split("#")
        const linked = file === "" ? path : join(dirname(path), file)
        assert.ok(existsSync(join(root, linked)), target)
        if (place !== undefined) assert.ok(anchorsOf(read(linked)).includes(place), target)
      }
    })

    test("annotations and reasons it names are ours", () => {
      const names = [...text.matchAll(/\bcalsync\.dev\/(\w[\w-]*)/g)].map(([name]) => name)
      assert.deepEqual(
        names.filter(name => !ourNames.has(name)),
        [],
      )
      const words = [...proseOf(text).matchAll(/`([A-Z][a-z][A-Za-z]+)`/g)].map(([, word = ""]) => word)
      assert.deepEqual(
        words.filter(word => !ourWords.has(word)),
        [],
      )
    })

    test("every script it tells people to run exists", () => {
      const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"))
      for (const [, name = ""] of text.matchAll(/\bnpm run ([\w:]+)/g)) assert.ok(scripts[name], name)
    })
  })
}

describe("README.md", () => {
  const text = read("README.md")

  test("shows one manifest of each kind that people write", () => {
    const kinds = new Set(manifestsOf(text).map(({ kind }) => kind))
    const expected = crds.map(({ spec }) => spec.names.kind).filter(kind => kind !== "CalendarSync")
    assert.deepEqual([...kinds].toSorted(), expected.toSorted())
  })

  test("its manifests refer to each other and to nothing else", () => {
    const manifests = manifestsOf(text)
    const names = new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata?.["name"]}`))
    const binding = JSON.stringify(manifests.find(({ kind }) => kind === "MailboxBinding")?.spec)
    for (const [field, kind] of [
      ["connectionRef", "ExchangeConnection"],
      ["sourceRef", "CalendarSource"],
      ["policyRef", "CalendarSyncPolicy"],
    ]) {
      const [, name] = new RegExp(`"${field}":\\{"name":"([^"]+)"`).exec(binding) ?? []
      assert.ok(names.has(`${kind} ${name}`), `${kind} ${name}`)
    }
  })

  test("what it shows of kubectl get has the columns of today", () => {
    const tables = [...text.matchAll(/^\$ kubectl get calendarsyncs\b.*\n(.+)$/gm)]
    assert.ok(tables.length > 0)
    for (const [, head = ""] of tables) assert.deepEqual(head.trim().split(/\s{2,}/), columnsOf("CalendarSync"))
  })
})

function wordsOf(schema: Schema): readonly string[] {
  const inner = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  return [...(schema.enum ?? []), ...inner.flatMap(one => (one ? wordsOf(one) : []))]
}

function manifestsOf(text: string): readonly Manifest[] {
  return blocksOf(text, "yaml").flatMap(block =>
    parseAllDocuments(block, { strict: true, uniqueKeys: true }).map(document => {
      assert.deepEqual(document.errors, [])
      const manifest: Manifest = document.toJS()
      return manifest
    }),
  )
}

function linksOf(text: string): readonly string[] {
  const inText = [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target)
  const inTags = [...proseOf(text).matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map(([, target = ""]) => target)
  return [...inText, ...inTags].filter(target => !/^(https?|mailto):/.test(target))
}

/** As GitHub names headings: lower case, blanks become hyphens, other signs go. */
function anchorsOf(text: string): readonly string[] {
  return [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  )
}

function columnsOf(kind: string): readonly string[] {
  const columns = crds.find((crd: Crd) => crd.spec.names.kind === kind)?.spec.versions[0].additionalPrinterColumns ?? []
  const shown = columns.filter(({ priority }) => (priority ?? 0) === 0)
  return ["NAME", ...shown.map(({ name }) => name.toUpperCase())]
}
