"""What a page needs that asks the network for nothing: plotly.js packed in, JSON, a content policy."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def offline_script() -> str:
    """Return the script that gives a page ``offline.unpack(name)`` and ``offline.plotly()``.

    They read the elements ``<script type="text/plain" data-packed="name">``, filled by `packed`.
    """
    return resources.files("cytogate.plots").joinpath("offline.js").read_text(encoding="utf-8")


def policy(script: str) -> str:
    """Return the content security policy: our one script by its hash, unpacked ones as blobs, no network."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def json_block(value: Mapping[str, Any]) -> str:
    r"""Return JSON that can stand in a ``<script>`` element whatever it holds.

    Examples
    --------
    >>> json_block({"a": "</script>"})
    '{"a":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_listed)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _listed(value: object) -> object:
    """Turn plotly's and numpy's containers into lists for JSON."""
    to_list = getattr(value, "tolist", None)
    if callable(to_list):
        return to_list()
    to_json = getattr(value, "to_plotly_json", None)
    if callable(to_json):
        return to_json()
    message = f"A figure holds a {type(value).__name__}, which JSON cannot."
    raise TypeError(message)


def packed(data: bytes) -> str:
    """Return bytes as the page holds them: gzip in base64, the same for the same bytes."""
    return base64.b64encode(gzip.compress(data, compresslevel=9, mtime=0)).decode("ascii")


@cache
def packed_plotly() -> str:
    """Return plotly.js as its wheel ships it, packed."""
    return packed(resources.files("plotly").joinpath("package_data/plotly.min.js").read_bytes())
