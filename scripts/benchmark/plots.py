"""The document's plots, as small SVG files that are the same for the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLORS = ("#0072B2", "#D55E00", "#009E73")  # Okabe and Ito: told apart by everybody
MARKERS = ("o", "s", "^")
OURS, OTHERS = "#0072B2", "#999999"
INSTALL = "Plots need matplotlib: .venv/bin/pip install --require-hashes -r requirements-bench.lock"


def drawable() -> bool:
    """Whether matplotlib is there."""
    try:
        import matplotlib as _  # noqa: F401
    except ImportError:
        return False
    return True


def draw(document: dict[str, Any], folder: Path) -> list[str]:
    """All plots of the parts that were run; the names of the files written."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update(
        {
            "svg.hashsalt": "bench",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#e0e0e0",
            "axes.axisbelow": True,
            "legend.frameon": False,
        }
    )
    parts = document["parts"]
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, part, plot in (
        ("scatter", "circles", _scatter),
        ("bias", "circles", _bias),
        ("contours", "contours", _contours),
        ("times", "peers", _times),
    ):
        if part in parts:
            figure = plot(parts[part]["data"])
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
            made.append(f"{name}.svg")
    return made


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    return figure, figure.subplots()


def _by_psf(cells: list[dict[str, Any]]) -> list[tuple[float, list[dict[str, Any]]]]:
    found = sorted({cell["psf_px"] for cell in cells})
    return [(psf, [cell for cell in cells if cell["psf_px"] == psf]) for psf in found]


def _radius_axis(axes: Any, cells: list[dict[str, Any]]) -> None:
    radii = sorted({cell["radius_px"] for cell in cells})
    axes.set_xscale("log")
    axes.set_xticks(radii, [f"{radius:g}" for radius in radii])
    axes.minorticks_off()
    axes.set_xlabel("radius of the disc, px")


def _legend(axes: Any, columns: int, title: str = "") -> None:
    """Below the axes, where it covers nothing."""
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "borderaxespad": 3.6}
    axes.legend(**place, ncols=columns, fontsize=9, columnspacing=1.2, title=title or None, title_fontsize=9)


def _scatter(data: dict[str, Any]) -> Any:
    """Scatter of diameter and centre over what is possible."""
    figure, axes = _figure(7.0, 3.4)
    for number, (psf, cells) in enumerate(_by_psf(data["cells"])):
        style = {"color": COLORS[number % 3], "marker": MARKERS[number % 3], "markersize": 5}
        radii = [cell["radius_px"] for cell in cells]
        axes.plot(radii, [cell["std"] / cell["bound"] for cell in cells], label=f"diameter, PSF σ {psf:g} px", **style)
        center = [cell["center_std"] / cell["center_bound"] for cell in cells]
        axes.plot(radii, center, "--", label=f"centre, PSF σ {psf:g} px", **style, fillstyle="none")
    axes.axhline(1.0, color="black", linewidth=1)
    axes.axhline(1.1, color="black", linewidth=1, linestyle=":")
    axes.text(1.0, 1.0, " bound", transform=axes.get_yaxis_transform(), va="center")
    axes.text(1.0, 1.1, " target", transform=axes.get_yaxis_transform(), va="center")
    _radius_axis(axes, data["cells"])
    axes.set_ylabel("scatter / Cramér-Rao bound")
    axes.set_ylim(bottom=0.0)
    _legend(axes, max(1, len(_by_psf(data["cells"]))))
    return figure


def _bias(data: dict[str, Any]) -> Any:
    """Bias of the diameter, beside the bound."""
    figure, axes = _figure(7.0, 3.4)
    for number, (psf, cells) in enumerate(_by_psf(data["cells"])):
        color = COLORS[number % 3]
        radii = [cell["radius_px"] * (1.0 + 0.03 * (number - 1)) for cell in cells]
        error = [cell["std"] / cell["discs"] ** 0.5 for cell in cells]
        label = f"PSF σ {psf:g} px"
        style = {"color": color, "marker": MARKERS[number % 3], "ms": 5, "ls": "none"}
        axes.errorbar(radii, [cell["bias"] for cell in cells], error, label=label, **style)
        bounds = [cell["bound"] for cell in cells]
        axes.plot([c["radius_px"] for c in cells], bounds, ":", color=color, linewidth=1)
        axes.plot([c["radius_px"] for c in cells], [-b for b in bounds], ":", color=color, linewidth=1)
    axes.axhline(0.0, color="black", linewidth=1)
    _radius_axis(axes, data["cells"])
    axes.set_ylabel("bias of the diameter, 1/1000 px")
    _legend(axes, 3, "bars: ± 1 standard error; dotted: ± Cramér-Rao bound, the target")
    return figure


def _contours(data: dict[str, Any]) -> Any:
    """Error of a contour point over its bound, outline by outline."""
    names = list(dict.fromkeys(cell["what"] for cell in data["cells"]))
    figure, axes = _figure(7.0, 0.9 + 0.32 * len(names))
    for number, (psf, cells) in enumerate(_by_psf(data["cells"])):
        ratio = [cell["rmse"] / cell["bound"] for cell in cells]
        place = [len(names) - 1 - names.index(cell["what"]) for cell in cells]
        axes.plot(ratio, place, MARKERS[number % 3], color=COLORS[number % 3], label=f"PSF σ {psf:g} px")
    axes.axvline(1.0, color="black", linewidth=1)
    axes.axvline(1.2, color="black", linewidth=1, linestyle=":")
    axes.text(1.0, 1.0, "bound", transform=axes.get_xaxis_transform(), ha="center", va="bottom")
    axes.text(1.2, 1.0, "target", transform=axes.get_xaxis_transform(), ha="center", va="bottom")
    axes.set_yticks(range(len(names)), reversed(names))
    axes.set_xlim(left=0.8)
    axes.set_xlabel("rmse of a contour point / its bound")
    _legend(axes, 3)
    return figure


def _times(data: dict[str, Any]) -> Any:
    """Time for 300 circles against the peers, and what each reaches."""
    lines = data["times"]
    figure, axes = _figure(7.0, 0.9 + 0.42 * len(lines))
    place = list(range(len(lines)))[::-1]
    colors = [OURS, *[OTHERS] * (len(lines) - 1)]
    axes.barh(place, [line["blurs"] for line in lines], color=colors, height=0.6)
    for at, line in zip(place, lines, strict=True):
        text = f" {line['blurs']:.3g} blurs, rmse {line['rmse_over_bound']:.3g} × bound"
        axes.text(line["blurs"], at, text, va="center", fontsize=9)
    axes.set_xscale("log")
    low, high = min(line["blurs"] for line in lines), max(line["blurs"] for line in lines)
    axes.set_xlim(low / 3.0, high * 30.0)
    axes.set_yticks(place, [line["name"] for line in lines])
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("time for 300 circles R = 60 px on 12 MP, blurs, logarithmic")
    return figure
