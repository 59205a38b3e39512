# SPDX-License-Identifier: Apache-2.0
"""One of the many ways to write rows as JSON, and reading values back for columns that keep JSON text."""
import json

from truth import Real

SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Spelling:
    def __init__(self, rng, wild=False):
        self.rng = rng
        self.comma, self.colon = rng.choice([(",", ":"), (",", ":"), (", ", ": ")])
        self.escapes = rng.choice([0, 0, 0, 0.05, 1]) if wild else 0
        self.blanks = wild and rng.random() < 0.3
        self.indent = wild and rng.random() < 0.2
        self.layout = rng.choice(["lines", "lines", "lines", "array", "together", "crlf", "open", "gaps"]) if wild else "lines"
        self.mark = wild and rng.random() < 0.05

    def blank(self):
        if not self.blanks or self.rng.random() < 0.5:
            return ""
        in_lines = self.layout in ("lines", "crlf", "open")
        return "".join(self.rng.choice(" \t" if in_lines else " \t\n\r") for _ in range(self.rng.randrange(1, 4)))

    def character(self, c):
        must = c < " " or c in '"\\'
        if not must and not (self.escapes and self.rng.random() < self.escapes):
            return c
        if c in SHORT and self.rng.random() < 0.7:
            return SHORT[c]
        units = c.encode("utf-16-be")
        form = self.rng.choice(["%02x%02x", "%02X%02X"])
        return "".join("\\u" + form % (units[i], units[i + 1]) for i in range(0, len(units), 2))

    def string(self, text):
        return '"' + "".join(map(self.character, text)) + '"'

    def value(self, value, indent=""):
        blank = self.blank
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, int):
            return str(value)
        if isinstance(value, Real):
            return value.text
        if isinstance(value, str):
            return self.string(value)
        deeper = indent + "  "
        before, after = (f"\n{deeper}", f"\n{indent}") if self.indent and self.layout not in ("lines", "crlf", "open") else ("", "")
        if isinstance(value, list):
            parts, ends = [blank() + self.value(item, deeper) + blank() for item in value], "[]"
        else:
            parts = [blank() + self.string(key) + blank() + self.colon + blank() + self.value(item, deeper) + blank()
                     for key, item in value.items()]
            ends = "{}"
        if not parts:
            return ends[0] + blank() + ends[1]
        return ends[0] + before + (self.comma + before).join(parts) + after + ends[1]

    def document(self, rows):
        texts = [self.blank() + self.value(row) + self.blank() for row in rows]
        text = {
            "lines": lambda: "".join(f"{t}\n" for t in texts),
            "crlf": lambda: "".join(f"{t}\r\n" for t in texts),
            "open": lambda: "\n".join(texts),  # no newline at the end
            "array": lambda: "[" + (self.comma + self.blank()).join(texts) + "]" + self.rng.choice(["", "\n"]),
            "together": lambda: "".join(texts),
            "gaps": lambda: "".join(t + self.rng.choice(["\n", "\n\n", " \n ", "\t"]) for t in texts),
        }[self.layout]()
        return ("\ufeff" if self.mark else "") + text



def shuffled(rng, value):
    """The same value with the keys of every object in another order."""
    if isinstance(value, list):
        return [shuffled(rng, item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: shuffled(rng, value[key]) for key in rng.sample(list(value), len(value))}


def parsed(text):
    """A value from JSON text, numbers as they were written."""
    def integer(digits):
        return Real(digits) if digits == "-0" else int(digits)
    return json.loads(text, parse_float=Real, parse_int=integer)
