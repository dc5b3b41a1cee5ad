"""Versions of the FCS standard, as data: what each of them requires and allows."""

from __future__ import annotations

from dataclasses import dataclass

_OFFSETS = ("$BEGINANALYSIS", "$BEGINDATA", "$BEGINSTEXT", "$ENDANALYSIS", "$ENDDATA", "$ENDSTEXT")


@dataclass(frozen=True, slots=True)
class VersionRules:
    """What one version of the standard says.

    Attributes
    ----------
    version : str
        ``"3.1"``.
    required : tuple of str
        Keywords that every data set has.
    required_parameter : tuple of str
        Suffixes of the keywords that every parameter has: ``"B"`` is ``$PnB``.
    text_offsets : bool
        TEXT says where DATA lies (from 3.0 on).
    needs_total : bool
        ``$TOT`` is required.
    float_gain : bool
        ``$PnG`` divides floating-point values too.
    parameter_types : bool
        ``$PnDATATYPE`` may differ from ``$DATATYPE``.
    """

    version: str
    required: tuple[str, ...]
    required_parameter: tuple[str, ...]
    text_offsets: bool = True
    needs_total: bool = True
    float_gain: bool = True
    parameter_types: bool = False


VERSIONS: dict[str, VersionRules] = {
    rules.version: rules
    for rules in (
        VersionRules(
            "2.0",
            ("$BYTEORD", "$DATATYPE", "$MODE", "$NEXTDATA", "$PAR"),
            ("B", "R"),
            text_offsets=False,
            needs_total=False,
        ),
        VersionRules(
            "3.0",
            (*_OFFSETS, "$BYTEORD", "$DATATYPE", "$MODE", "$NEXTDATA", "$PAR", "$TOT"),
            ("B", "E", "R"),
        ),
        VersionRules(
            "3.1",
            (*_OFFSETS, "$BYTEORD", "$DATATYPE", "$MODE", "$NEXTDATA", "$PAR", "$TOT"),
            ("B", "E", "N", "R"),
        ),
        VersionRules(
            "3.2",
            ("$BEGINDATA", "$BYTEORD", "$CYT", "$DATATYPE", "$ENDDATA", "$NEXTDATA", "$PAR", "$TOT"),
            ("B", "E", "N", "R"),
            float_gain=False,
            parameter_types=True,
        ),
    )
}

# Without these no reading of the events exists; others that lack are a warning.
ESSENTIAL = ("$BYTEORD", "$DATATYPE", "$PAR")
