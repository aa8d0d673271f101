import fc from "fast-check"

/** Anything a calendar may hold: markup, control characters, halves of characters. */
export const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "<",
        ">",
        "&",
        '"',
        "'",
        "]]>",
        "<!--",
        "&amp;",
        "&#0;",
        "\r\n",
        "\t",
        "\u0000",
        "\u001f",
        "\ufffe",
      ),
      fc.constantFrom("\ud800", "\udc00", "\u0085", "\u2028", "😀", "ø"),
      fc.string({ unit: "binary" }),
    ),
  )
  .map(parts => parts.join(""))
