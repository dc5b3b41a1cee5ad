"""Take the pictures of the report: ``python docs/figures/report.py runs/demo`` writes docs/images/report.

The run is that of ``make demo``; its report is written again first. Those of the tutorial are of its run:
``python docs/figures/report.py runs/tutorial tutorial/overview.png tutorial/contact_sheet.png``.

Needs playwright, pillow and a Chromium on PATH or in BROWSER_PATH. Pictures have few colours, so that they
stay small. Where files are named, as ``report/overview.png``, only those are taken, else all but those of the
tutorial.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

import cytogate as cg
from cytogate.plots.rendering import browser_path
from cytogate.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).parents[1] / "images"
WIDE, WIDER, NARROW = 1240, 1440, 400
TALLEST = 1500
COLOURS = 200
ALONE = "nav, #filter, .modebar { visibility: hidden !important; } header { display: none; }"


@dataclass(frozen=True)
class Shot:
    """A picture: its file below docs/images, what of the page it shows, and how the page is set before."""

    file: str
    shows: str
    width: int = WIDE
    tallest: int = TALLEST
    choose: tuple[tuple[str, str], ...] = ()


SHOTS = (
    Shot("report.png", "#trends .figures", WIDER, tallest=980),
    Shot("gating.png", "#sample-view .strip:first-child", WIDER, tallest=640),
    Shot("report/overview.png", "#overview"),
    Shot("report/overview_narrow.png", "#overview", NARROW),
    Shot("report/before_after.png", "#before_after", WIDER, tallest=1000),
    Shot("report/trends_narrow.png", "#trends", NARROW),
    Shot("report/changes.png", "#changes", WIDER, tallest=900),
    Shot("report/sledai_within.png", "#sledai_within", WIDER, tallest=1120),
    Shot("report/filtered.png", "#composition", choose=(("subject", "P3"), ("visit", "W12"))),
    Shot("report/gating.png", "#gating", tallest=1300),
    Shot("report/back_gating.png", "#sample-view", WIDER, tallest=640, choose=(("subset", "transitional"),)),
    Shot("report/contact_sheet.png", "#contact_sheet"),
    Shot("tutorial/overview.png", "#overview", tallest=1100),
    Shot("tutorial/contact_sheet.png", "#contact_sheet", WIDER, tallest=1000),
)


def take(chromium: Browser, page: Path, shot: Shot) -> bytes:
    """Return the PNG of one picture, with every figure in it drawn."""
    context = chromium.new_context(viewport={"width": shot.width, "height": 900}, bypass_csp=True)
    opened = context.new_page()
    opened.goto(page.resolve().as_uri())
    for facet, value in shot.choose:
        opened.select_option(f"#filter [name={facet}]", value)
    part = opened.locator(shot.shows).first
    for figure in part.locator("[data-figure]:visible").all():
        figure.scroll_into_view_if_needed()
        name = figure.get_attribute("data-figure")
        opened.wait_for_selector(f'[data-figure="{name}"][data-state="drawn"]')
    opened.mouse.move(0, 0)
    taken = part.screenshot(style=ALONE)
    context.close()
    return taken


def small(png: bytes, tallest: int) -> Image.Image:
    """Return the upper part of a picture in few colours."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, tallest)))
    return picture.quantize(COLOURS, dither=Image.Dither.NONE)


def main() -> None:
    """Take all pictures, or those that are named."""
    run, *names = sys.argv[1:]
    page = write_report(cg.open_run(run), Path(run) / "report.html")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for shot in SHOTS:
            if shot.file in names or not (names or shot.file.startswith("tutorial/")):
                picture = small(take(chromium, page, shot), shot.tallest)
                picture.save(IMAGES / shot.file, optimize=True)
        chromium.close()


if __name__ == "__main__":
    main()
