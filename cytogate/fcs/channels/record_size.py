"""Record size: whether the keywords tell how many bytes an event has, or the length of DATA must prove it.

Values of, say, 10 or 20 bits lie in whole bytes, in those of the next computer word, or packed without gaps.
Only ``$TOT`` and the length of DATA together say which.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.fcs.channels.parameters import range_mask
from cytogate.fcs.structure.claims import claims_of
from cytogate.fcs.text.numbers import integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.errors import FcsError
    from cytogate.fcs.channels.parameters import Parameter
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.structure.datasets import DataSet

Parameters = tuple["Parameter", ...]


def are_described(count: int, keywords: Mapping[str, str]) -> bool:
    """Say whether keywords describe `count` parameters, and no more: else ``$PAR`` may be wrong."""
    described = all(any(f"$P{n}{suffix}" in keywords for suffix in "BNRE") for n in range(1, count + 1))
    return described and not any(f"$P{count + 1}{suffix}" in keywords for suffix in "BR")


def odd_widths(parameters: Parameters) -> list[int]:
    """Return the numbers of the parameters whose bits are no whole bytes."""
    return [n for n, p in enumerate(parameters, start=1) if p.channel.bits != 8 * p.width]


def stored_widths(parameters: Parameters, found: DataSet) -> Parameters:
    """Return the parameters with the bytes that their values fill, as the length of DATA proves.

    Raises
    ------
    FcsError
        When two widths are proven, each by another place of DATA.
    """
    odd = odd_widths(parameters)
    wide = tuple(_in_a_word(p) if n in odd else p for n, p in enumerate(parameters, start=1))
    total = integer(found.keywords.get("$TOT")) or 0
    if not odd or total <= 0:
        return parameters
    claims = claims_of(found, 0)

    def fits(n_bytes: int) -> bool:
        return any(claims.proven(n_bytes, surplus) for surplus in (0, 1))

    choices = (parameters,) if wide == parameters else (parameters, wide)
    proven = [those for those in choices if fits(total * sum(p.width for p in those))]
    if len(proven) > 1:
        said = f"{claims.said()}: values of {parameters[odd[0] - 1].channel.bits} bits"
        raise found.findings.error("data-ambiguous", f"$P{odd[0]}B", None, said, "one place of DATA")
    if not proven and fits(-(-total * sum(p.channel.bits for p in parameters) // 8)):
        raise _packed(parameters, odd[0], found.findings)
    return proven[0] if proven else parameters


def _in_a_word(p: Parameter) -> Parameter:
    width = 1 << (p.width - 1).bit_length()
    return p if width == p.width else replace(p, width=width, mask=range_mask(p.channel.range, width))


def check_whole_bytes(parameters: Parameters, n_events: int, findings: Findings) -> None:
    """Refuse values of, say, 10 bits that may be packed; say where DATA proves that they are not."""
    odd = odd_widths(parameters)
    packed_bits = n_events * sum(p.channel.bits for p in parameters)
    stored_bytes = n_events * sum(p.width for p in parameters)
    if odd and n_events and -(-packed_bits // 8) == stored_bytes:
        raise _packed(parameters, odd[0], findings)
    for n in odd:
        p = parameters[n - 1]
        message = f"{p.channel.bits} bits, stored in {p.width} bytes as the length of DATA proves."
        findings.note("parameter-bits-stored-wider", f"$P{n}B", message)


def _packed(parameters: Parameters, n: int, findings: Findings) -> FcsError:
    found = f"{parameters[n - 1].channel.bits} bits, packed without gaps"
    return findings.error("bits-packed", f"$P{n}B", None, found, "a multiple of 8 bits")
