"""Draw the rules of a run as SVG: `snakemake --rulegraph | python docs/rulegraph.py docs/rulegraph.svg`.

It needs no Graphviz, which pip cannot install.
"""

import re
import sys
from html import escape
from pathlib import Path

BOX, HEIGHT, COLUMN, ROW, MARGIN = 140, 26, 152, 64, 10
"""Width and height of a box, distances of their centers across and down, and the margin, in px."""


def read_rules(text: str) -> dict[str, set[str]]:
    r"""Return the rules that each rule needs, from the dot language of Snakemake; all figures are one.

    Examples
    --------
    >>> dot = '0[label = "report"]; 1[label = "fig1_pca"]; 2[label = "figs_models"];\n 1 -> 0\n 2 -> 0\n'
    >>> read_rules(dot)
    {'report': {'figures'}, 'figures': set()}
    """
    labels = {
        number: re.sub(r"^figs?\d*[a-z]?_\w+$|^figure$", "figures", label)
        for number, label in re.findall(r'(\d+)\[label = "(\w+)', text)
    }
    needs = {label: set() for label in labels.values()}
    for source, target in re.findall(r"(\d+) -> (\d+)", text):
        if labels[source] != labels[target]:
            needs[labels[target]].add(labels[source])
    return needs


def levels(needs: dict[str, set[str]]) -> dict[str, int]:
    """Return the row of each rule: below all that it needs."""
    rows = {}
    while len(rows) < len(needs):
        for rule in needs.keys() - rows.keys():
            if needs[rule] <= rows.keys():
                rows[rule] = max((rows[other] + 1 for other in needs[rule]), default=0)
    return rows


def direct(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """Leave out needs that follow from others.

    Examples
    --------
    >>> direct({"a": set(), "b": {"a"}, "c": {"a", "b"}})
    {'a': set(), 'b': {'a'}, 'c': {'b'}}
    """

    def reached(rule: str) -> set[str]:
        return needs[rule].union(*(reached(other) for other in needs[rule]))

    return {rule: own - set().union(*(reached(other) for other in own)) for rule, own in needs.items()}


def places(needs: dict[str, set[str]]) -> dict[str, tuple[float, float]]:
    """Return the center of each rule's box, in px: rows by `levels`, each rule near to those that it is joined to."""
    rows = levels(needs)
    order = [sorted(rule for rule in rows if rows[rule] == row) for row in range(max(rows.values()) + 1)]
    joined = {rule: needs[rule] | {other for other in needs if rule in needs[other]} for rule in needs}
    for _ in range(8):
        at = {rule: (k + 0.5) / len(row) for row in order for k, rule in enumerate(row)}
        for row in order:
            row.sort(key=lambda rule: (sum(at[other] for other in joined[rule]) / max(len(joined[rule]), 1), rule))
    width = COLUMN * max(map(len, order))
    return {
        rule: (width * (k + 0.5) / len(row), MARGIN + HEIGHT / 2 + ROW * y)
        for y, row in enumerate(order)
        for k, rule in enumerate(row)
    }


def draw(needs: dict[str, set[str]]) -> str:
    """Return the picture as SVG."""
    needs = direct(needs)
    centers = places(needs)
    right = max(x for x, _ in centers.values()) + COLUMN / 2
    bottom = max(y for _, y in centers.values()) + HEIGHT / 2 + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right:.0f} {bottom:g}" font-family="sans-serif" '
        'font-size="13">',
        '<marker id="tip" markerWidth="7" markerHeight="6" refX="7" refY="3" orient="auto">'
        '<path d="M0,0 L7,3 L0,6 z" fill="#888"/></marker>',
        f'<rect width="{right:.0f}" height="{bottom:g}" fill="white"/>',
    ]
    for rule, (x, y) in sorted(centers.items()):
        for other in sorted(needs[rule]):
            x0, start, end = centers[other][0], centers[other][1] + HEIGHT / 2, y - HEIGHT / 2
            middle = (start + end) / 2
            lines.append(
                f'<path d="M{x0:.0f},{start:g} C{x0:.0f},{middle:g} {x:.0f},{middle:g} {x:.0f},{end:g}" '
                'fill="none" stroke="#888" marker-end="url(#tip)"/>'
            )
    for rule, (x, y) in sorted(centers.items()):
        lines.append(
            f'<rect x="{x - BOX / 2:.0f}" y="{y - HEIGHT / 2:g}" width="{BOX}" height="{HEIGHT}" rx="6" fill="#eef4fb" '
            f'stroke="#0072b2"/><text x="{x:.0f}" y="{y + 4:g}" text-anchor="middle">{escape(rule)}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    """Draw what comes in to the file that is named."""
    Path(sys.argv[1]).write_text(draw(read_rules(sys.stdin.read())), encoding="utf-8")


if __name__ == "__main__":
    main()
