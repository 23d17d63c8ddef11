"""Markdown as models write it and worse: what the property tests of the markup feed on."""

from hypothesis import strategies as st

_WORDS = [
    "alpha",
    "beta",
    "gamma",
    "**bold**",
    "*em*",
    "`code`",
    "[link](http://x.org)",
    "![pic](http://x.org/p.png)",
    "snake_case",
    "2*3*4",
    "$5",
    "a<b",
    "List<String>",
    "&amp;",
    "\\*",
    "~~no",
    "pe~~",
    "👨\u200d👩\u200d👧",
    "שלום",
    "漢字。",
    "**long",
    "bold",
    "words**",
    "_under",
    "score_",
    "$x_1$",
    "-",
    "1.",
    "#",
    ">",
    "|",
    "```",
    "**",
    "*",
    "_",
    "[",
    "]",
    "(",
    ")",
    "\\",
    "<http://q.org>",
    "<!channel>",
    "@here",
    "https://a.org/_b_",
]

words = st.sampled_from(_WORDS)
sentences = st.lists(words, min_size=1, max_size=25).map(" ".join)
paragraphs = st.lists(sentences, min_size=1, max_size=3).map("\n".join)
headings = st.builds(lambda level, text: f"{'#' * level} {text}", st.integers(1, 6), sentences)
code = st.lists(st.sampled_from(["x = 1", "    y = '**'", "", "# no heading", "<!channel>"]), max_size=8).map(
    lambda lines: "\n".join(["```py", *lines, "```"])
)
quotes = paragraphs.map(lambda text: "> " + text.replace("\n", "\n> "))
lists = st.builds(
    lambda mark, items: "\n".join(mark + item for item in items),
    st.sampled_from(["- ", "* ", "1. ", "- [ ] ", "  - "]),
    st.lists(sentences, min_size=1, max_size=6),
)
nested = st.builds(
    lambda outer, inner: f"1. {outer}\n" + "\n".join("   " + line for line in inner.split("\n")),
    sentences,
    lists | code,
)
tables = st.lists(sentences.map(lambda text: text.replace("|", "/")), min_size=1, max_size=6).map(
    lambda cells: "\n".join(["| a | b |", "|---|:-:|", *(f"| {cell} | y |" for cell in cells)])
)
formulas = st.just("$$\na_1 + b_2\n= c * d\n$$")

blocks = paragraphs | headings | code | quotes | lists | nested | tables | st.just("---")
markdown = st.lists(blocks, max_size=8).map("\n\n".join)
"""Documents that look like answers."""

anything = st.text() | markdown | st.builds(lambda text, cut: text[:cut], markdown, st.integers(0, 400))
"""Documents, beginnings of them, and noise."""
