"""The style sheets that a pool may bring: what is accepted is written anew, everything else is refused."""

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.operations import style_sheets
from poolhouse.operations.style_sheets import CLASSES

# Every class that AWS documents, with the properties of its own template.
TEMPLATE = """
.logo-customizable { max-width: 60%; max-height: 30%; }
.banner-customizable { padding: 25px 0px 25px 0px; background-color: lightgray; }
.label-customizable { font-weight: 400; }
.textDescription-customizable { padding-top: 10px; display: block; font-size: 16px; }
.idpDescription-customizable { padding-top: 10px; display: block; font-size: 16px; }
.legalText-customizable { color: #747474; font-size: 11px; }
.submitButton-customizable { margin: 20px 0px 10px 0px; height: 40px; width: 100%; color: #fff; background-color: #337ab7; }
.submitButton-customizable:hover { color: #fff; background-color: #286090; }
.errorMessage-customizable { padding: 5px; background: #F5F5F5; border: 2px solid #D64958; color: #D64958; }
.inputField-customizable { width: 100%; height: 34px; color: #555; border: 1px solid #ccc; }
.inputField-customizable:focus { border-color: #66afe9; outline: 0; }
.idpButton-customizable, .idpButton-customizable:hover { height: 40px; color: #fff; border-color: #46b8da; }
.socialButton-customizable { border-radius: 2px; text-align: left; width: 100%; }
.redirect-customizable { text-align: center; }
.passwordCheck-notValid-customizable { color: #DF3312; }
.passwordCheck-valid-customizable { color: #19BF00; }
.background-customizable { background-color: #fff; }
"""


def made(css: str) -> str:
    return style_sheets.written(style_sheets.parse(css))


def test_aws_template_is_accepted():
    """Every documented class keeps its rule, with more weight than our own."""
    sheet = made(TEMPLATE)
    assert set(re.findall(r"\.([A-Za-z-]+-customizable)", sheet)) == CLASSES
    assert ":root:root .inputField-customizable:focus{border-color:#66afe9;outline:0}" in sheet


@pytest.mark.parametrize(
    "value",
    [
        "#abc",
        "#aabbccdd",
        "rgba(1, 2, 3, .5)",
        "12px",
        "1.5em",
        "-4px",
        "50%",
        "'Open Sans', sans-serif",
        "red !important",
    ],
)
def test_values(value):
    """Colors, sizes, words, names of fonts, and weight."""
    assert made(f".label-customizable{{color:{value}}}").count(":root:root") == 1


def test_comments_and_space_are_left_out():
    """Also where they stand inside a declaration."""
    sheet = made("/* a } */ .label-customizable /**/ { color /* : */ : red ; ; }\n\n")
    assert sheet == ":root:root .label-customizable{color:red}\n"


@pytest.mark.parametrize(
    "css",
    [
        "body { color: red }",
        ".card { color: red }",
        "* { color: red }",
        ".label-customizable .x { color: red }",
        ".label-customizable:has(.x) { color: red }",
        ".label-customizable[value^=a] { color: red }",
        ".label-customizable::before { color: red }",
        "@import 'https://evil.example/x.css';",
        "@media print { .label-customizable { color: red } }",
        ".background-customizable { background: url(https://evil.example/x) }",
        ".background-customizable { background: URL('x') }",
        ".background-customizable { background: image-set('x' 1x) }",
        ".background-customizable { background-image: none }",
        ".label-customizable { color: expression(alert(1)) }",
        ".label-customizable { color: var(--accent) }",
        ".label-customizable { color: \\72 ed }",
        ".label-customizable { color: red; } </style><script>",
        ".label-customizable { position: fixed }",
        ".label-customizable { content: 'x' }",
        ".label-customizable { behavior: x }",
        ".label-customizable { --accent: red }",
        ".label-customizable { color: }",
        ".label-customizable { color red }",
        ".label-customizable { color: red",
        ".label-customizable { color: red } }",
        '.label-customizable { font-family: "a\nb" }',
        "/* never closed",
        "<style>",
    ],
)
def test_what_is_refused(css):
    """Other selectors, rules with @, addresses, functions, escapes, and everything that is not closed."""
    with pytest.raises(ValueError, match=r"^CSS, line [0-9]+: "):
        style_sheets.parse(css)


def test_the_line_is_named():
    """So that somebody can mend it."""
    with pytest.raises(ValueError, match="line 3: the property 'position' cannot be set"):
        style_sheets.parse(".label-customizable {\n color: red;\n position: fixed }")


PIECES = [
    *(
        ".label-customizable",
        ".x",
        "{",
        "}",
        ":",
        ";",
        ",",
        "color",
        "red",
        "url(",
        ")",
        "'",
        '"',
        "/*",
        "*/",
        "@import",
    ),
    *("\\", "<", ">", "!important", "#fff", "1px", " ", "\n", "rgb(1,2,3)", "expression(", ":hover", "\x00", "é"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60))
def test_nothing_else_comes_out(css):
    """Whatever goes in: either a ValueError, or a sheet of nothing but our rules."""
    try:
        sheet = made(css)
    except ValueError:
        return
    rule = r":root:root \.label-customizable(:hover)?"
    assert re.fullmatch(rf"({rule}(,{rule})*\{{[a-z-]+:[^{{}};@<>\\]+(;[a-z-]+:[^{{}};@<>\\]+)*\}}\n)*", sheet)
    assert "url(" not in sheet.lower()


@pytest.mark.parametrize(
    "css", ["/*" * 65_000, ".label-customizable{color:" + "a-" * 60_000, "." * 131_000, " " * 131_000]
)
def test_long_texts_take_no_time(css):
    """The largest style sheet is read in time that grows with its length alone."""
    started = time.perf_counter()
    with suppress(ValueError):
        style_sheets.parse(css)
    assert time.perf_counter() - started < 2
