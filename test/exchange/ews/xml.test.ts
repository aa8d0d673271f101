import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import { MalformedXmlError, namespaces, readXml, XmlReader } from "../../../operator/exchange/ews/wire/xml-read.ts"
import { element, textElement, writeXml } from "../../../operator/exchange/ews/wire/xml-write.ts"
import { nasty } from "./nasty.ts"

describe("what is written", () => {
  test("comes back as it was, but for what XML cannot hold, and never becomes markup", () => {
    fc.assert(
      fc.property(nasty, nasty, (text, value) => {
        const written = writeXml(element("root", { value }, textElement("a", text), textElement("b", "end")))

        const read = readXml(written)
        assert.deepEqual(
          read.children.map(child => [child.name, child.text]),
          [
            ["a", allowed(text)],
            ["b", "end"],
          ],
        )
        assert.equal(read.attributes["value"], allowed(value))
      }),
    )
  })

  test("has no parts that are absent", () => {
    const written = writeXml(
      element("t:Item", { Id: "1", ChangeKey: undefined }, undefined, textElement("t:Subject", "")),
    )

    assert.equal(written, '<?xml version="1.0" encoding="utf-8"?><t:Item Id="1"><t:Subject/></t:Item>')
  })

  test("cannot be given a name that is markup", () => {
    for (const name of ["", "a b", "a>", "1", "a:b:c"]) assert.throws(() => element(name))
    assert.throws(() => element("a", { 'b="c" d': "e" }))
  })
})

describe("what is read", () => {
  const envelope = `<Envelope xmlns="${namespaces.s}" xmlns:x="${namespaces.t}"><Body><x:ItemId Id="a&amp;b"/>`

  test("has our names for namespaces, whatever the sender's", () => {
    const root = readXml(`${envelope}</Body></Envelope>`)

    assert.equal(root.name, "s:Envelope")
    assert.equal(root.children[0]?.children[0]?.name, "t:ItemId")
    assert.equal(root.children[0]?.children[0]?.attributes["Id"], "a&b")
  })

  test("is an error when cut short anywhere", () => {
    const whole = `${envelope}æ&#233;</Body></Envelope>`
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(() => readXml(whole.slice(0, length)), MalformedXmlError, `${length}`)
    }
  })

  test("is the same in whatever pieces it comes", () => {
    const whole = `${envelope}one &#x1F;&#xe6; &lt;two&gt; <![CDATA[<three>]]></Body></Envelope>`
    const expected = readXml(whole)
    assert.equal(expected.children[0]?.text, "one æ <two> <three>")
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const reader = new XmlReader()
      for (const piece of [whole.slice(0, cut), whole.slice(cut)]) reader.write(piece)
      assert.deepEqual(reader.end(), expected, `${cut}`)
    }
  })

  test("is an error when it is not XML, and the error repeats none of it", () => {
    const bombs = `<!DOCTYPE a [<!ENTITY b "secret">]><a>&b;</a>`
    const deep = `${"<a>".repeat(1_000)}${"</a>".repeat(1_000)}`
    for (const text of [
      "",
      "secret",
      "<html><br></html>",
      "<a/><secret/>",
      "<a>&secret;</a>",
      "<a>\u0001</a>",
      bombs,
      `<!DOCTYPE a SYSTEM "https://secret.example/a.dtd"><a/>`,
      deep,
    ]) {
      assert.throws(
        () => readXml(text),
        (error: unknown) => error instanceof MalformedXmlError && !error.message.includes("secret"),
        text.slice(0, 20),
      )
    }
  })
})

test("a document with more in it than anybody has is an error before it fills the memory", () => {
  const wide = (elements: number) => `<a>${"<b/>".repeat(elements - 1)}</a>`
  const read = (text: string) => {
    const reader = new XmlReader(100)
    reader.write(text)
    return reader.end()
  }

  assert.equal(read(wide(100)).children.length, 99)
  assert.throws(() => read(wide(101)), MalformedXmlError)
})

function allowed(text: string): string {
  return Array.from(text)
    .filter(character => /^[\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(character))
    .join("")
}
