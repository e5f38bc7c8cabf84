"""Formulas: drawn where all of one is known, else shown as they were written."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.runtime import notebook_math

_PIECES = (
    "x", "12", "+", "-", "{", "}", "^", "_", "&", "\\\\", "\\frac", "\\sqrt", "[", "]", "\\left(", "\\right)", "'", " ",
    "\\alpha", "\\sum", "\\text{if }", "\\begin{cases}", "\\end{cases}", "\\hat", "\\mathbb{R}", "\\unknown", "<", "$",
    "\\begin{aligned}", "\\end{aligned}", "|", "%", "\\lim", "~",
)  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("".join), st.booleans())
def test_any_text_is_a_well_formed_formula_or_none(tex: str, display: bool) -> None:
    drawn = notebook_math.mathml(tex, display=display)
    if drawn is not None:
        assert ElementTree.fromstring(drawn).tag == "math"


def _words(tex: str) -> str:
    drawn = notebook_math.mathml(tex, display=True)
    assert drawn is not None
    return "".join(ElementTree.fromstring(drawn).itertext())


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        (r"\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i", "x¯=1n∑i=1nxi"),
        (r"\hat\beta = (X^\top X)^{-1} X^\top y", "β^=(X⊤X)−1X⊤y"),
        (r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}", "f(x)={1x>00otherwise"),
        (r"\begin{align*} a &= b \\ &= c \end{align*}", "a=b=c"),
        (r"\mathbb{E}[X] \leq \lim_{n \to \infty} \left| \mathbf{A} \right|", "𝔼[X]≤limn→∞|𝐀|"),
        (r"x^12", "x12"),
        (r"\operatorname{Var}(Y)", "Var(Y)"),
    ],
)
def test_what_analyses_are_written_with_is_drawn(tex: str, words: str) -> None:
    assert _words(tex) == words


def test_an_exponent_without_braces_is_one_digit() -> None:
    assert "<msup><mi>x</mi><mn>1</mn></msup><mn>2</mn>" in str(notebook_math.mathml("x^12"))


@pytest.mark.parametrize("tex", [r"\unknown{x}", "{a", "a}", "x^", "a & b", r"\begin{cases} 1", r"\left( x"])
def test_what_is_not_known_is_shown_as_it_was_written_and_never_half(tex: str) -> None:
    assert notebook_math.mathml(tex) is None
    shown = "".join(ElementTree.fromstring(notebook_math.block(tex)).itertext())
    assert shown.strip() == tex.strip()


def test_two_prices_are_no_formula() -> None:
    assert notebook_math.inline("5 and not ") == "$5 and not $"
    assert notebook_math.inline("n").startswith("<math>")


def test_latex_of_an_output_is_one_formula_or_words_with_formulas() -> None:
    assert 'display="block"' in notebook_math.in_latex(r"$\displaystyle x^{2}$")
    assert 'display="block"' in notebook_math.in_latex(r"\begin{equation}x\end{equation}")
    assert notebook_math.in_latex("so $x$ & done") == "<p>so <math><mi>x</mi></math> &amp; done</p>"
