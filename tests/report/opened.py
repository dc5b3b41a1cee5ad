"""A page of the report in a browser, with what went wrong and what it asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page


class Opened:
    """A page with what went wrong and what it asked for."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())

    def state(self, figure: str) -> str | None:
        return self.page.get_attribute(f'[data-figure="{figure}"]', "data-state")

    def draw(self, figure: str) -> None:
        """Scroll a figure into the window and wait until it is drawn."""
        self.page.locator(f'[data-figure="{figure}"]').scroll_into_view_if_needed()
        self.page.wait_for_selector(f'[data-figure="{figure}"][data-state="drawn"] .scatterlayer .trace')
