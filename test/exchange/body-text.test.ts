import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import { bodyText } from "../../operator/exchange/body-text.ts"

const html = (content: string) => bodyText({ contentType: "html", content })
const text = (content: string) => bodyText({ contentType: "text", content })

describe("the words of a body", () => {
  const same: Record<string, readonly [string, string]> = {
    "html and the page Exchange makes of it": [
      "<p>Bring <b>books</b></p>",
      '<html><head><meta name="Generator"><style>p { color: red }</style></head>\r\n<body>\r\n<p>Bring\r\n<b>books</b></p>\r\n</body>\r\n</html>',
    ],
    "letters and their names": ["<p>Lærer på Ø &amp; Å</p>", "<p>L&aelig;rer p&#229; &Oslash; &amp; &#xC5;</p>"],
    "blanks of every kind": ["<p>a b</p>", "<p> a&nbsp;\u200b\n b </p>"],
    "a comment, a script and nothing": ["<p>a</p>", "<!-- <p>b</p> --><script>c</script><p>a</p>"],
  }
  for (const [what, [one, other]] of Object.entries(same)) {
    test(`${what} read the same`, () => assert.equal(html(other), html(one)))
  }

  test("a text and the page Exchange makes of it read the same", () => {
    const page = '<html><body><div class="PlainText">first<br>\r\n<br>\r\nthird &amp; &lt;last&gt;</div></body></html>'

    assert.equal(html(page), text("first\r\n\r\nthird & <last>\n"))
  })

  test("lines stay lines, and list items are lines", () => {
    assert.equal(html("<ul><li>one<li>two</ul>three<br>four"), "one\ntwo\nthree\nfour")
  })

  test("what only looks like a tag is text", () => assert.equal(html("a < b & c &unknown; d"), "a < b & c &unknown; d"))

  test("reading it twice is reading it once", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), content => {
        assert.equal(text(text(content)), text(content))
      }),
    )
  })

  test("no html, however broken, takes longer than its length", () => {
    const hostile = ["<style", "<!--", "<", "&#", "<a ".repeat(5), "<script><script"]
    const start = performance.now()
    for (const piece of hostile) html(piece.repeat(200_000 / piece.length))

    assert.ok(performance.now() - start < 2_000)
  })

  test("any html is read without an error", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom("<", ">", "</p>", "<br", "&amp", "&#x110000;", "<!--", "-->", "<style>"),
    )
    fc.assert(fc.property(fc.array(piece), pieces => typeof html(pieces.join("")) === "string"))
  })
})
