"""Cells of tables as ids, numbers and amounts: what they hold, or what is wrong with them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

MAX_ID = 255


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an absolute count of one tube rests on, each None where the sheet does not say.

    Attributes
    ----------
    beads : float or None
        Bead events, where no gate of the template counts them.
    beads_per_tube : float or None
        Beads that were put in.
    blood_ul : float or None
        Microlitres of blood that were put in.
    acquired_ul : float or None
        Microlitres that the cytometer took in.
    dilution : float or None
        As `stats.absolute` means it for the method.
    """

    beads: float | None = None
    beads_per_tube: float | None = None
    blood_ul: float | None = None
    acquired_ul: float | None = None
    dilution: float | None = None


AMOUNTS = tuple(entry.name for entry in fields(Amounts))


def bad_id(text: str, *, needed: bool) -> str:
    """Return what is wrong with an id, or "". Ids are kept verbatim, so blanks around them count."""
    if not text.strip():
        return "is empty." if needed else ""
    if text != text.strip():
        return f"{text!r} has blanks around it; ids are compared letter by letter."
    if len(text) > MAX_ID:
        return f"is {len(text)} characters long; at most {MAX_ID} are allowed."
    if not text.isprintable():
        return f"{text!r} holds characters that cannot be printed."
    return ""


def number_of(text: str) -> tuple[float | None, str]:
    """Return a number (None for an empty cell) and what is wrong with it."""
    plain = text.strip()
    if not plain:
        return None, ""
    try:
        value = float(plain)
    except ValueError:
        hint = (
            " (write a decimal point, not a comma)" if plain.replace(",", "", 1).lstrip("-").isdigit() else ""
        )
        return None, f"{plain[:60]!r} is not a number{hint}."
    if not math.isfinite(value) or "_" in plain:
        return None, f"{plain[:60]!r} is not a finite number."
    return value, ""
