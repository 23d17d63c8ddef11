"""Answers as models write them when nothing goes wrong: every mark that opens closes soon."""

from hypothesis import strategies as st

CONNECTIONS = """Here is how **connection pools** work, and what to keep in mind when you *size* one for `asyncio` code!

## The idea (in 3 steps)

A pool keeps open connections; see the [documentation](https://docs.python.org/3/library/asyncio.html), or
[**two** examples](https://example.org/a_b?c=1&d=2 "title"). Prices: $5, $10 & more. x**2 and 2*3*4,
a < b, snake_case_name.

1. **Open** a few connections at start.
2. **Hand** them out, one at a time:
   - check that each still lives (`SELECT 1`),
   - reconnect ***where*** it does not:
     ```sql
     -- ping
     SELECT '**' FROM t;

     SELECT 2;
     ```
3. ~~Never~~ *Close* what has been idle.

12. Twelve

```python
async def fetch(pool: Pool) -> list[Row]:
    async with pool.acquire() as connection:
        rows = await connection.fetch("```")

    - 1
    return rows
```

| Setting | Default | *Meaning* |
|---|---:|:-:|
| `min_size` | 10 | opened at **start** |
| `max_size` | 10 | a \\| b |

> **Note:** a pool per process,
> not per request.
>
> - quoted `item`

---

The rule $n = c \\cdot 2_a + s_a$ says \\(x_1 * y_1\\), and:

$$
\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2} \\\\
- 1
$$

1984 was a year. ![A picture](https://example.org/p.png) <https://example.org/q> &amp; more\\* [1] and [x].
"""

OTHERS = """# 数据库连接池

**连接池**保存着打开的连接。使用`asyncio`时要注意*大小*,因为它们会竞争。👨‍👩‍👧 🇩🇪 ☑️

- [ ] 第一步: **打开**
- [x] 第二步
  1. 嵌套 [链接](https://example.org/中文)
  2. `代码`

* star **bold**
* star *it*

+ plus

~~~
tilde ``` code
~~~

| 名称 | 值 |
| --- | --- |
| **甲** | `1` |
| 乙 | [链](https://x.org) |

Last line with **bold**
"""

ANSWERS = (CONNECTIONS, OTHERS)

words = st.sampled_from(
    [
        "alpha",
        "beta,",
        "gamma.",
        "**bold**",
        "**two words**",
        "*em*",
        "***both***",
        "**a *b* c**",
        "`code`",
        "`a * b`",
        "[link](http://x.org)",
        "[**b** c](https://x.org/a_b)",
        "![pic](http://x.org/p.png)",
        "snake_case",
        "2*3*4",
        "$5",
        "a<b",
        "&amp;",
        "\\*",
        "~~gone~~",
        "👨\u200d👩\u200d👧",
        "שלום",
        "漢字。",
        "$x_1$",
        "\\(y_2\\)",
        "(**b**)",
        "*e*!",
        "wow!",
        "12",
        "https://a.org/_b_",
    ]
)
sentences = st.builds("Word {}".format, st.lists(words, min_size=1, max_size=12).map(" ".join))
paragraphs = st.lists(sentences, min_size=1, max_size=3).map("\n".join)
headings = st.builds("{} {}".format, st.sampled_from(["#", "##", "####"]), sentences)
lines = st.sampled_from(["x = 1", "    y = '**'", "", "# no heading", "``", "- a", "`````x", "    ```"])
code = st.builds(
    "{0}py\n{1}\n{0}".format, st.sampled_from(["```", "~~~", "````"]), st.lists(lines, max_size=6).map("\n".join)
)
quotes = paragraphs.map(lambda text: "> " + text.replace("\n", "\n> "))
lists = st.builds(
    lambda mark, items: "\n".join(mark + item for item in items),
    st.sampled_from(["- ", "* ", "1. ", "- [ ] "]),
    st.lists(sentences, min_size=1, max_size=4),
)
nested = st.builds(
    lambda outer, inner: f"1. {outer}\n" + "\n".join("   " + line for line in inner.split("\n")),
    sentences,
    lists | code,
)
tables = st.lists(sentences, min_size=1, max_size=4).map(
    lambda cells: "\n".join(["| a | **b** |", "|---|:-:|", *(f"| {cell} | y |" for cell in cells)])
)
formulas = st.just("$$\na_1 + b_2\n= c * d\n$$")
blocks = paragraphs | headings | code | quotes | lists | nested | tables | formulas | st.just("---")
answers = st.sampled_from(ANSWERS) | st.lists(blocks, min_size=1, max_size=5).map("\n\n".join)
