"""A sheet of A4, landscape, in millimetres: boxes, wires, contacts, words. Black on white, to be printed."""

from __future__ import annotations

from html import escape

WIDTH, HEIGHT = 297.0, 210.0


class Sheet:
    """Collects what is drawn, and is SVG in the end."""

    def __init__(self, title: str, number: str) -> None:
        self._parts: list[str] = []
        self.text(12.0, 15.0, title, size=6.0, bold=True)
        self.text(WIDTH - 12.0, 15.0, number, size=4.0, anchor="end")
        self.line([(12.0, 19.0), (WIDTH - 12.0, 19.0)], width=0.5)

    def text(
        self, x: float, y: float, words: str, *, size: float = 3.4, anchor: str = "start", bold: bool = False
    ) -> None:
        """Words whose base line begins (or ends, or is centred) at x, y."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'
        )

    def lines(self, x: float, y: float, words: list[str], *, size: float = 3.4, anchor: str = "start") -> None:
        """Several lines of words, one below the other."""
        for at, one in enumerate(words):
            self.text(x, y + 1.35 * size * at, one, size=size, anchor=anchor)

    def line(self, points: list[tuple[float, float]], *, width: float = 0.35, dashed: bool = False) -> None:
        """A wire through points."""
        along = " ".join(f"{x:g},{y:g}" for x, y in points)
        dash = ' stroke-dasharray="1.6 1.2"' if dashed else ""
        self._parts.append(f'<polyline points="{along}" stroke-width="{width:g}"{dash}/>')

    def box(self, x: float, y: float, width: float, height: float, words: list[str], *, fill: str = "white") -> None:
        """A device with its name in the middle."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" stroke-width="0.45"/>'
        )
        first = y + height / 2 - 0.675 * 3.4 * (len(words) - 1) + 1.2
        self.lines(x + width / 2, first, words, anchor="middle")

    def dot(self, x: float, y: float) -> None:
        """Where wires are joined."""
        self._parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="0.8" fill="black" stroke="none"/>')

    def closed_contact(self, x: float, y: float) -> None:
        """A contact that opens when it is worked, in a wire that runs down; from y to y + 8."""
        self.line([(x, y), (x, y + 2.0)])
        self.line([(x, y + 2.0), (x + 2.2, y + 2.0)])
        self.line([(x + 1.6, y + 1.4), (x, y + 6.0), (x, y + 8.0)])

    def open_contact(self, x: float, y: float) -> None:
        """A contact that closes when it is worked, in a wire that runs down; from y to y + 8."""
        self.line([(x, y), (x, y + 2.0)])
        self.line([(x - 2.0, y + 2.2), (x, y + 6.0), (x, y + 8.0)])

    def svg(self) -> str:
        """The sheet."""
        body = "\n".join(self._parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}mm" height="{HEIGHT:g}mm" '
            f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" font-family="DejaVu Sans, Arial, sans-serif">\n'
            f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="white"/>\n'
            f'<g stroke="black" stroke-width="0.35" fill="none" stroke-linejoin="round">\n'
            f"{body}\n</g>\n</svg>\n"
        ).replace("<text ", '<text fill="black" stroke="none" ')
