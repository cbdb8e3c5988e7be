"""Draw what `millpond bench --grow-runs ... --grow-points ... --json FILE` measured.

    python -m bench.plot_growth FILE docs/images/growth

Needs matplotlib. Writes an SVG for runs and one for points, whatever of them FILE holds.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

COLUMNS = 3
# What grows by more than this is drawn on a logarithmic axis.
STEEP = 50


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.plot_growth", description=__doc__)
    parser.add_argument("figures", type=Path, nargs="+")
    parser.add_argument("stem", type=Path)
    arguments = parser.parse_args()
    for kind in ("runs", "points"):
        figures = [
            figure
            for file in arguments.figures
            for figure in json.loads(file.read_text("utf-8"))["rows"]
            if figure["work"].endswith(f" {kind}")
        ]
        if figures:
            draw(figures, kind, arguments.stem.with_name(f"{arguments.stem.name}-{kind}.svg"))


def draw(figures: list[dict[str, Any]], kind: str, path: Path) -> None:
    """One small chart for each figure, a line for each server, sizes from left to right."""
    charts: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for figure in figures:
        size = int(figure["work"].split()[0].replace(",", ""))
        for target, value in figure["median"].items():
            if value is not None:
                charts[f"{figure['figure']} ({figure['unit']})"][target].append((size, value))
    rows = -(-len(charts) // COLUMNS)
    pyplot.rcParams.update(
        {
            "svg.hashsalt": "millpond",
            "svg.fonttype": "none",
            "font.size": 8,
            "font.family": "sans-serif",
        }
    )
    picture, axes = pyplot.subplots(rows, COLUMNS, figsize=(10, 2.3 * rows), squeeze=False)
    for place, (title, lines) in zip(axes.flat, charts.items(), strict=False):
        for target, points in sorted(lines.items()):
            place.plot(*zip(*sorted(points), strict=True), marker="o", markersize=3, label=target)
        place.set_xscale("log")
        values = [value for points in lines.values() for _, value in points]
        if min(values) > 0 and max(values) > STEEP * min(values):
            place.set_yscale("log")
        else:
            place.set_ylim(0, 1.1 * max(values))
        place.set_title(title, fontsize=8)
        place.minorticks_off()
        place.grid(alpha=0.3)
        if len(lines) > 1:
            place.legend()
    for place in axes.flat[len(charts) :]:
        place.set_axis_off()
    picture.supxlabel(kind)
    picture.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
