"""Formulas in TeX as MathML, which browsers draw without a script.

It knows what analyses are written with: fractions, roots, scripts, Greek, sums, matrices, aligned equations.
A formula with anything else in it is shown as its author wrote it, and never half.
"""

from __future__ import annotations

import html
import re
from typing import Dict, List, Optional, Tuple

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|[A-Za-z]|\s+|.", re.DOTALL)
_GREEK_NAMES = """
alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau upsilon
varphi chi psi omega
"""
_GREEK = {name: chr(code) for code, name in enumerate(_GREEK_NAMES.split(), 0x3B1)}
_GREEK.update(epsilon="ϵ", phi="ϕ", vartheta="ϑ", varrho="ϱ")
_GREAT_GREEK = {
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_LETTERS = {**_GREEK, **_GREAT_GREEK, "ell": "ℓ", "hbar": "ℏ", "infty": "∞", "partial": "∂", "nabla": "∇",
            "emptyset": "∅", "varnothing": "∅", "Re": "ℜ", "Im": "ℑ", "aleph": "ℵ", "top": "⊤", "bot": "⊥"}  # fmt: skip
_SIGNS = {
    "cdot": "⋅", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "ast": "∗", "star": "⋆", "circ": "∘", "oplus": "⊕",
    "otimes": "⊗", "odot": "⊙", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈",
    "sim": "∼", "simeq": "≃", "cong": "≅", "equiv": "≡", "propto": "∝", "ll": "≪", "gg": "≫", "in": "∈",
    "notin": "∉", "ni": "∋", "subset": "⊂", "subseteq": "⊆", "supset": "⊃", "supseteq": "⊇", "cup": "∪",
    "cap": "∩", "setminus": "∖", "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨", "neg": "¬", "lnot": "¬",
    "forall": "∀", "exists": "∃", "to": "→", "rightarrow": "→", "leftarrow": "←", "gets": "←", "Rightarrow": "⇒",
    "Leftarrow": "⇐", "leftrightarrow": "↔", "Leftrightarrow": "⇔", "iff": "⇔", "implies": "⟹", "mapsto": "↦",
    "longrightarrow": "⟶", "mid": "∣", "parallel": "∥", "perp": "⊥", "dots": "…", "ldots": "…", "cdots": "⋯",
    "vdots": "⋮", "ddots": "⋱", "prime": "′", "angle": "∠", "colon": ":", "vert": "|", "lvert": "|", "rvert": "|",
    "Vert": "‖", "lVert": "‖", "rVert": "‖", "|": "‖", "{": "{", "}": "}", "%": "%", "$": "$", "#": "#", "&": "&",
    "_": "_", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "lbrace": "{",
    "rbrace": "}", "lbrack": "[", "rbrack": "]", "therefore": "∴", "because": "∵", "uparrow": "↑", "downarrow": "↓",
    "backslash": "\\", "dagger": "†", "models": "⊨", "vdash": "⊢", "triangleq": "≜", "coloneqq": "≔",
}  # fmt: skip
_GREAT = {"sum": "∑", "prod": "∏", "coprod": "∐", "int": "∫", "iint": "∬", "iiint": "∭", "oint": "∮", "bigcup": "⋃",
          "bigcap": "⋂", "bigvee": "⋁", "bigwedge": "⋀", "bigoplus": "⨁"}  # fmt: skip
_INTEGRALS = ("int", "iint", "iiint", "oint")
_FUNCTION_NAMES = """
sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp det dim ker deg gcd hom arg Pr
"""
_FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
_BELOW = frozenset(("lim", "limsup", "liminf", "max", "min", "sup", "inf", "argmax", "argmin"))
_SPACES = {",": "0.17em", ":": "0.22em", ";": "0.28em", " ": "0.25em", "quad": "1em", "qquad": "2em", "!": "-0.17em"}
_OVER = {"hat": "^", "widehat": "^", "bar": "¯", "overline": "¯", "tilde": "~", "widetilde": "~", "vec": "→",
         "dot": "˙", "ddot": "¨", "check": "ˇ"}  # fmt: skip
_FACES = {"mathrm": "normal", "mathbf": "bold", "boldsymbol": "bold-italic", "bm": "bold-italic", "mathit": "italic",
          "mathbb": "double-struck", "mathcal": "script", "mathscr": "script", "mathsf": "sans-serif",
          "mathtt": "monospace", "mathfrak": "fraktur"}  # fmt: skip
_TEXTS = frozenset(("text", "textrm", "textbf", "textit", "mbox", "operatorname", "operatorname*"))
_NO_SIGN_NAMES = """
displaystyle textstyle scriptstyle limits nolimits nonumber notag big Big bigg Bigg bigl bigr Bigl Bigr
"""
_NO_SIGN = frozenset(_NO_SIGN_NAMES.split())
_FENCES = {"pmatrix": "()", "bmatrix": "[]", "Bmatrix": "{}", "vmatrix": "||", "Vmatrix": "‖‖"}
_TABLES = frozenset(
    ("matrix", "smallmatrix", "aligned", "align", "align*", "gathered", "gather", "gather*", "equation", "equation*",
     "split", "cases", "array", "eqnarray", "eqnarray*", *_FENCES)
)  # fmt: skip
_PLANES = {  # first capital, first small letter, of the alphabets of mathematics in Unicode
    "bold": (0x1D400, 0x1D41A), "bold-italic": (0x1D468, 0x1D482), "double-struck": (0x1D538, 0x1D552),
    "script": (0x1D49C, 0x1D4B6), "fraktur": (0x1D504, 0x1D51E), "sans-serif": (0x1D5A0, 0x1D5BA),
    "monospace": (0x1D670, 0x1D68A),
}  # fmt: skip
_EXCEPTIONS = {
    ("double-struck", "C"): "ℂ", ("double-struck", "H"): "ℍ", ("double-struck", "N"): "ℕ", ("double-struck", "P"): "ℙ",
    ("double-struck", "Q"): "ℚ", ("double-struck", "R"): "ℝ", ("double-struck", "Z"): "ℤ", ("script", "B"): "ℬ",
    ("script", "E"): "ℰ", ("script", "F"): "ℱ", ("script", "H"): "ℋ", ("script", "I"): "ℐ", ("script", "L"): "ℒ",
    ("script", "M"): "ℳ", ("script", "R"): "ℛ", ("script", "e"): "ℯ", ("script", "g"): "ℊ", ("script", "o"): "ℴ",
    ("fraktur", "C"): "ℭ", ("fraktur", "H"): "ℌ", ("fraktur", "I"): "ℑ", ("fraktur", "R"): "ℜ", ("fraktur", "Z"): "ℨ",
}  # fmt: skip


class _Unknown(Exception):  # noqa: N818 - no mistake: such a formula is shown as it was written
    """Something in a formula that is not known here."""


def inline(text: str) -> str:
    """What stands between two `$` in prose, as HTML; two prices are no formula."""
    is_formula = re.search(r"[\\^_={}<>+]", text) or not re.search(r"\s", text)
    if not is_formula or text != text.strip():
        return html.escape(f"${text}$", quote=False)
    return mathml(text) or f'<span class="tex">${html.escape(text, quote=False)}$</span>'


def block(text: str) -> str:
    """A formula on lines of its own, as HTML."""
    drawn = mathml(text.strip(), display=True)
    return f'<div class="formula">{drawn or _as_written(text)}</div>\n'


def _as_written(text: str) -> str:
    return f'<span class="tex">{html.escape(text.strip(), quote=False)}</span>'


def in_latex(text: str) -> str:
    """An output in LaTeX, as HTML: one formula, or words with formulas in them."""
    text = text.strip()
    for start, end in (("$$", "$$"), ("\\[", "\\]"), ("$", "$"), ("\\(", "\\)")):
        inner = text[len(start) : -len(end)]
        if text.startswith(start) and text.endswith(end) and len(text) > 2 * len(start) and start not in inner:
            return block(inner)
    if text.startswith("\\begin{"):
        return block(text)
    pieces = re.split(r"\$([^$]+)\$", text)
    told = [inline(piece) if place % 2 else html.escape(piece, quote=False) for place, piece in enumerate(pieces)]
    return f"<p>{''.join(told)}</p>"


def mathml(tex: str, *, display: bool = False) -> Optional[str]:
    """A formula as a `math` element; None where something in it is not known."""
    try:
        inner = _Reader(tex, display).whole()
    except (_Unknown, RecursionError):
        return None
    kind = ' display="block"' if display else ""
    return f"<math{kind}>{inner}</math>"


class _Reader:
    """Reads a formula once, from left to right."""

    def __init__(self, tex: str, display: bool) -> None:
        self._tokens = _TOKEN.findall(re.sub(r"(?<!\\)%.*", "", tex))
        self._place = 0
        self._display = display

    def whole(self) -> str:
        rows = self._table(())
        if self._place < len(self._tokens):
            raise _Unknown
        return _laid_out(rows, "aligned") if len(rows) > 1 else _row(rows[0][0]) if len(rows[0]) == 1 else _bad()

    # tokens

    def _peek(self, spaces: bool = False) -> str:
        while not spaces and self._place < len(self._tokens) and self._tokens[self._place].isspace():
            self._place += 1
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _next(self, spaces: bool = False) -> str:
        token = self._peek(spaces)
        self._place += 1
        return token or _bad()

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise _Unknown

    # rows

    def _table(self, ends: Tuple[str, ...]) -> List[List[List[str]]]:
        """Rows of cells of atoms, up to one of `ends` or the end."""
        rows: List[List[List[str]]] = [[[]]]
        while True:
            rows[-1][-1] = self._atoms(("&", "\\\\", "\\newline", *ends))
            token = self._peek()
            if token == "&":
                self._next()
                rows[-1].append([])
            elif token in ("\\\\", "\\newline"):
                self._next()
                rows.append([[]])
            else:
                return rows if len(rows) == 1 or any(rows[-1]) else rows[:-1]

    def _atoms(self, ends: Tuple[str, ...]) -> List[str]:
        found: List[str] = []
        while self._peek() and self._peek() not in ends and self._peek() != "}":
            found.append(self._scripted())
        return found

    def _group(self) -> str:
        """The argument of a command: what stands in braces, or one sign."""
        token = self._peek()
        if token != "{":
            if len(token) > 1 and token[0].isdigit():
                # Without braces it is one digit: `x^12` is x to the first, times two.
                self._tokens[self._place : self._place + 1] = [token[0], token[1:]]
            return self._atom()
        self._next()
        inner = _row(self._atoms(()))
        self._expect("}")
        return inner

    def _words(self) -> str:
        """What stands in braces, as text."""
        self._expect("{")
        found, depth = "", 1
        while True:
            token = self._next(spaces=True)
            depth += {"{": 1, "}": -1}.get(token, 0)
            if not depth:
                return found
            if token.startswith("\\"):
                token = {"\\ ": " ", "\\_": "_", "\\%": "%", "\\&": "&", "\\$": "$", "\\,": " "}.get(token) or _bad()
            if token == "$":
                raise _Unknown
            found += token

    def _scripted(self) -> str:
        limits = self._peek().lstrip("\\")
        base = self._atom()
        below = above = ""
        primes = 0
        while self._peek() in ("^", "_", "'", "\\limits", "\\nolimits"):
            token = self._next()
            if token == "'":
                primes += 1
            elif token == "^":
                above = self._group() if not above else _bad()
            elif token == "_":
                below = self._group() if not below else _bad()
        if primes:
            above = f"<mrow><mo>{'′' * primes}</mo>{above}</mrow>"
        stacked = limits in _BELOW or (self._display and limits in _GREAT and limits not in _INTEGRALS)
        names = ("munderover", "munder", "mover") if stacked else ("msubsup", "msub", "msup")
        if below and above:
            return f"<{names[0]}>{base}{below}{above}</{names[0]}>"
        if below:
            return f"<{names[1]}>{base}{below}</{names[1]}>"
        return f"<{names[2]}>{base}{above}</{names[2]}>" if above else base

    # atoms

    def _atom(self) -> str:
        token = self._peek()
        if token == "{":
            return self._group()
        token = self._next()
        if token.startswith("\\"):
            return self._command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token == "~":
            return '<mspace width="0.25em"/>'
        if token.isalpha():
            return f"<mi>{token}</mi>"
        if token in "}&^_'$#":
            raise _Unknown
        # A bar or bracket grows only where `\left` says so.
        fence = ' stretchy="false"' if token in "()[]|" else ""
        return f"<mo{fence}>{html.escape({'-': '−', '*': '∗'}.get(token, token))}</mo>"

    def _command(self, name: str) -> str:
        if name in _LETTERS:
            upright = ' mathvariant="normal"' if name in _GREAT_GREEK or name == "infty" else ""
            return f"<mi{upright}>{_LETTERS[name]}</mi>"
        if name in _SIGNS:
            return f'<mo stretchy="false">{html.escape(_SIGNS[name])}</mo>'
        if name in _GREAT:
            return f"<mo>{_GREAT[name]}</mo>"
        if name in _FUNCTIONS or name in _BELOW:
            return f"<mi>{name}</mi>"
        if name in _SPACES:
            return f'<mspace width="{_SPACES[name]}"/>'
        if name in _NO_SIGN:
            return "<mrow></mrow>"
        if name in _OVER:
            wide = "" if name.startswith(("wide", "over")) else ' stretchy="false"'
            return f'<mover accent="true">{self._group()}<mo{wide}>{_OVER[name]}</mo></mover>'
        if name in _FACES:
            return self._faced(_FACES[name])
        if name in _TEXTS:
            words = html.escape(self._words())
            return f"<mi>{words}</mi>" if name.startswith("operatorname") else f"<mtext>{words}</mtext>"
        return self._built(name)

    def _built(self, name: str) -> str:
        """A command with parts."""
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return f"<mfrac>{self._group()}{self._group()}</mfrac>"
        if name in ("binom", "dbinom", "tbinom"):
            return f'<mrow><mo>(</mo><mfrac linethickness="0">{self._group()}{self._group()}</mfrac><mo>)</mo></mrow>'
        if name == "sqrt":
            return self._root()
        if name in ("underbrace", "overbrace"):
            kind, sign = ("munder", "⏟") if name == "underbrace" else ("mover", "⏞")
            return f"<{kind}>{self._group()}<mo>{sign}</mo></{kind}>"
        if name == "underline":
            return f"<munder>{self._group()}<mo>_</mo></munder>"
        if name in ("underset", "overset", "stackrel"):
            other, base = self._group(), self._group()
            kind = "munder" if name == "underset" else "mover"
            return f"<{kind}>{base}{other}</{kind}>"
        if name == "left":
            start = self._fence()
            inner = _row(self._atoms(("\\right",)))
            self._expect("\\right")
            return f"<mrow>{start}{inner}{self._fence()}</mrow>"
        if name == "begin":
            return self._environment()
        raise _Unknown

    def _root(self) -> str:
        if self._peek() != "[":
            return f"<msqrt>{self._group()}</msqrt>"
        self._next()
        degree = _row(self._atoms(("]",)))
        self._expect("]")
        return f"<mroot>{self._group()}{degree}</mroot>"

    def _fence(self) -> str:
        token = self._next()
        if token == ".":
            return ""
        sign = _SIGNS.get(token[1:]) if token.startswith("\\") else token if token in "()[]|/<>" else None
        return f'<mo fence="true" stretchy="true">{html.escape(sign)}</mo>' if sign else _bad()

    def _faced(self, face: str) -> str:
        """Letters in another face, by the signs that Unicode has for them: browsers know no other way."""
        if self._peek() != "{" and len(self._peek()) == 1:
            letters = self._next()
        else:
            start = self._place
            try:
                letters = self._words()
            except _Unknown:
                # `\boldsymbol{\beta}` and the like: the signs as they are, set bold.
                self._place = start
                bold = "font-weight:bold" if face.startswith("bold") else ""
                return f'<mrow style="{bold}">{self._group()}</mrow>'
        if face in ("normal", "italic"):
            style = ' mathvariant="normal"' if face == "normal" and len(letters) == 1 else ""
            return f"<mi{style}>{html.escape(letters)}</mi>"
        return f"<mi>{html.escape(''.join(_in_face(letter, face) for letter in letters))}</mi>"

    def _environment(self) -> str:
        name = self._words()
        if name not in _TABLES:
            raise _Unknown
        if name == "array":
            self._words()
        rows = self._table(("\\end",))
        self._expect("\\end")
        if self._words() != name:
            raise _Unknown
        return _laid_out(rows, name)


def _bad() -> str:
    raise _Unknown


def _row(atoms: List[str]) -> str:
    return atoms[0] if len(atoms) == 1 else f"<mrow>{''.join(atoms)}</mrow>"


def _in_face(letter: str, face: str) -> str:
    if (face, letter) in _EXCEPTIONS:
        return _EXCEPTIONS[face, letter]
    great, small = _PLANES[face]
    if "A" <= letter <= "Z":
        return chr(great + ord(letter) - ord("A"))
    if "a" <= letter <= "z":
        return chr(small + ord(letter) - ord("a"))
    return letter


_SIDES: Dict[str, Tuple[str, ...]] = {"cases": ("left",), "array": ("center",)}


def _laid_out(rows: List[List[List[str]]], name: str) -> str:
    """A table of formulas, with the fences of its environment."""
    is_aligned = name.rstrip("*") in ("aligned", "align", "split", "eqnarray", "equation", "gather", "gathered")
    is_even = name.rstrip("*") in ("gather", "gathered", "equation")
    told = []
    for row in rows:
        cells = []
        for place, cell in enumerate(row):
            side = _SIDES.get(name, ("center",))[0]
            if is_aligned and not is_even and len(row) > 1:
                side = "left" if place % 2 else "right"
            gap = "padding-left:0;padding-right:0;" if is_aligned else ""
            cells.append(f'<mtd style="{gap}text-align:{side}">{_row(cell)}</mtd>')
        told.append(f"<mtr>{''.join(cells)}</mtr>")
    kind = ' displaystyle="true"' if is_aligned else ""
    table = f"<mtable{kind}>{''.join(told)}</mtable>"
    if name == "cases":
        return f'<mrow><mo fence="true" stretchy="true">{{</mo>{table}</mrow>'
    if name in _FENCES:
        start, end = _FENCES[name]
        return f'<mrow><mo fence="true">{start}</mo>{table}<mo fence="true">{end}</mo></mrow>'
    return table
