"""Versions of the FCS standard, as data: what each requires, allows, advises against and has given up.

FCS 2.0: Cytometry 1990;11:323-332. FCS 3.0: Cytometry 1997;28:118-122, cited here by its numbered sections.
FCS 3.1 (Cytometry A 2010;77A:97-100) and 3.2 (Cytometry A 2021;99A:100-102) keep its order of segments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal["required", "optional", "deprecated", "forbidden"]

# One keyword a line and its status in 2.0, 3.0, 3.1 and 3.2: (r)equired, (o)ptional, (d)eprecated: allowed
# but advised against, (x) forbidden: of another version, and not, or no longer, of this one. `n` is a number.
_KEYWORDS = """
$ABRT            o o o o
$BEGINANALYSIS   x r r o
$BEGINDATA       x r r r
$BEGINDATETIME   x x x o
$BEGINSTEXT      x r r o
$BTIM            o o o d
$BYTEORD         r r r r
$CARRIERID       x x x o
$CARRIERTYPE     x x x o
$CELLS           o o o o
$COM             o o o o
$COMP            x o x x
$CSMODE          x o o x
$CSTOT           x o o x
$CSVBITS         x o o x
$CSVnFLAG        x o o x
$CYT             o o o r
$CYTSN           x o o o
$DATATYPE        r r r r
$DATE            o o o d
$DFCnTOn         o x x x
$ENDANALYSIS     x r r o
$ENDDATA         x r r r
$ENDDATETIME     x x x o
$ENDSTEXT        x r r o
$ETIM            o o o d
$EXP             o o o o
$FIL             o o o o
$FLOWRATE        x x x o
$GATE            o o d x
$GATING          o o o d
$GnE             o o d x
$GnF             o o d x
$GnN             o o d x
$GnP             o o d x
$GnR             o o d x
$GnS             o o d x
$GnT             o o d x
$GnV             o o d x
$INST            o o o o
$LAST_MODIFIED   x x o o
$LAST_MODIFIER   x x o o
$LOCATIONID      x x x o
$LOST            o o o o
$MODE            r r r d
$NEXTDATA        r r r r
$OP              o o o o
$ORIGINALITY     x x o o
$PAR             r r r r
$PKn             o o d x
$PKNn            o o d x
$PLATEID         x x o d
$PLATENAME       x x o d
$PROJ            o o o o
$RnI             o o o d
$RnW             o o o d
$SMNO            o o o o
$SPILLOVER       x x o o
$SRC             o o o o
$SYS             o o o o
$TIMESTEP        x o o o
$TOT             o r r r
$TR              o o o o
$UNICODE         x o x x
$UNSTAINEDCENTERS x x x o
$UNSTAINEDINFO   x x x o
$VOL             x x o o
$WELLID          x x o d
$PnANALYTE       x x x o
$PnB             r r r r
$PnCALIBRATION   x x o o
$PnD             x x o o
$PnDATATYPE      x x x o
$PnDET           x x x o
$PnE             o r r r
$PnF             o o o o
$PnFEATURE       x x x o
$PnG             x o o o
$PnL             o o o o
$PnN             o o r r
$PnO             o o o o
$PnP             o o o d
$PnR             r r r r
$PnS             o o o o
$PnT             o o o o
$PnTAG           x x x o
$PnTYPE          x x x o
$PnV             o o o o
"""
_ROWS = [line.split() for line in _KEYWORDS.split("\n") if line]
_LETTERS: dict[str, Status] = {"r": "required", "o": "optional", "d": "deprecated", "x": "forbidden"}
_EARLY_ORDERS = ("1,2,3,4", "4,3,2,1", "3,4,1,2", "1,2", "2,1")  # 3.2.20: the order of any computer
_LATE_ORDERS = ("1,2,3,4", "4,3,2,1")  # from 3.1 on, for values of all widths


@dataclass(frozen=True)  # asked anew for every file and parameter, so answers are kept
class VersionRules:
    """What one version of the standard says.

    Attributes
    ----------
    version : str
        ``"3.1"``.
    statuses : mapping of str to str
        Status of each keyword: ``required``, ``optional``, ``deprecated`` or ``forbidden``; ``"$PnB"`` has n
        for numbers.
    sections : mapping of str to str
        Where the standard says so, for each subject: a status, or ``offsets``, ``data types``, ``modes``,
        ``byte orders``, ``encoding``, ``checksum``.
    byte_orders, data_types, modes : tuple of str
        Values of ``$BYTEORD``, ``$DATATYPE`` and ``$MODE``.
    advised_against : tuple of str
        Those of them that are deprecated.
    encoding : str
        Of keyword values; keywords are ASCII.
    float_gain : bool
        ``$PnG`` divides floating-point values too.
    parameter_types : bool
        ``$PnDATATYPE`` may differ from ``$DATATYPE``.
    """

    version: str
    statuses: Mapping[str, Status] = field(repr=False)
    sections: Mapping[str, str] = field(repr=False)
    byte_orders: tuple[str, ...]
    data_types: tuple[str, ...]
    modes: tuple[str, ...]
    advised_against: tuple[str, ...]
    encoding: str
    float_gain: bool = True
    parameter_types: bool = False

    def keywords(self, status: Status) -> tuple[str, ...]:
        """Return the keywords of a status, with n for numbers."""
        return tuple(key for key, said in self.statuses.items() if said == status)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Keywords that every data set has."""
        return tuple(key for key in self.keywords("required") if not key.startswith("$Pn"))

    @cached_property
    def required_parameter(self) -> tuple[str, ...]:
        """Suffixes of the keywords that every parameter has: ``"B"`` is ``$PnB``."""
        return tuple(key[3:] for key in self.keywords("required") if key.startswith("$Pn"))

    @cached_property
    def text_offsets(self) -> tuple[str, ...]:
        """Keywords of places that TEXT must state (from 3.0 on)."""
        return tuple(key for key in self.required if key.startswith(("$BEGIN", "$END")))

    @cached_property
    def needs_total(self) -> bool:
        """``$TOT`` is required."""
        return self.statuses["$TOT"] == "required"


def _rules(
    version: str,
    column: int,
    sections: dict[str, str],
    orders: tuple[str, ...],
    modes: str,
    types: str,
    advised_against: str,
    encoding: str,
) -> VersionRules:
    return VersionRules(
        version,
        {row[0]: _LETTERS[row[column]] for row in _ROWS},
        sections,
        orders,
        tuple(types),
        tuple(modes),
        tuple(advised_against),
        encoding,
        float_gain=version != "3.2",
        parameter_types=version == "3.2",
    )


_SECTIONS_3_0 = {
    "required": "FCS 3.0, 3.2.18",
    "optional": "FCS 3.0, 3.2.19",
    "deprecated": "",
    "forbidden": "FCS 3.0, 3.2.12 and 5.1",
    "offsets": "FCS 3.0, 3.1.1 and 3.2.4",
    "data types": "FCS 3.0, 3.2.20 $DATATYPE",
    "modes": "FCS 3.0, 3.2.20 $MODE",
    "byte orders": "FCS 3.0, 3.2.20 $BYTEORD",
    "encoding": "FCS 3.0, 3.2.8",
    "checksum": "FCS 3.0, 3.5",
}


def _of(version: str) -> dict[str, str]:
    """Cite the segment alone, where the text of a version was not at hand by its numbers."""
    return dict.fromkeys(_SECTIONS_3_0, f"FCS {version}, TEXT segment") | {
        "offsets": f"FCS {version}, HEADER and TEXT segments",
        "checksum": "" if version == "2.0" else f"FCS {version}, CRC value",
    }


VERSIONS: dict[str, VersionRules] = {
    rules.version: rules
    for rules in (
        _rules("2.0", 1, _of("2.0"), _EARLY_ORDERS, "LCU", "IFDA", "", "ASCII"),
        _rules("3.0", 2, _SECTIONS_3_0, _EARLY_ORDERS, "LCU", "IFDA", "", "ASCII, or as $UNICODE says"),
        _rules("3.1", 3, _of("3.1"), _LATE_ORDERS, "LCU", "IFDA", "CUA", "UTF-8"),
        _rules("3.2", 4, _of("3.2"), _LATE_ORDERS, "L", "IFDA", "A", "UTF-8"),
    )
}

# Without these no reading of the events exists; others that lack are a warning.
ESSENTIAL = ("$BYTEORD", "$DATATYPE", "$PAR")
