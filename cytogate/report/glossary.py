"""What the words of statistics and cytometry in the report mean, and their marks where each is met first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Term:
    """A word, what it means in plain words, and how it stands in the text (a pattern; by default itself)."""

    word: str
    meaning: str
    pattern: str = ""


TERMS = (
    # sizes and certainty
    Term(
        "p",
        "How often chance alone would give a change at least as consistent as this one. A large p does not "
        "show that nothing changed.",
        r"\bp(?= [=≤&])",
    ),
    Term(
        "smallest possible p (p_floor)",
        "The least p that so few patients can give, however clear the change: with 6 patients the exact "
        "Wilcoxon test cannot go below 0.031. Read p beside it.",
        r"[Ss]mallest possible|p_floor|at best(?=\))",
    ),
    Term(
        "q",
        "p corrected for the number of questions asked together (Benjamini-Hochberg): of the findings with q "
        "up to 0.05 at most about 5 % are expected to be due to chance.",
        r"\bq(?= [=≤&(])",
    ),
    Term(
        "95 % CI",
        "Confidence interval: the values that the data fit. Where so few patients cannot give 95 %, what the "
        "interval covers stands beside it.",
        r"\b\d+(?:\.\d+)? % CI",
    ),
    Term(
        "percentage points",
        "Difference of two percentages: from 20 % to 15 % is a fall by 5 percentage points, and to 0.75 "
        "times the first.",
    ),
    Term(
        "fold, factor",
        "Value at the visit divided by that at baseline: 0.5 is half, 1 no change, 2 twice.",
        r"\b(?:[Mm]edian fold|[Ff]old|factors?)\b",
    ),
    Term(
        "Hodges-Lehmann estimate",
        "The typical change: the median of all averages of two patients' changes. It goes with the Wilcoxon "
        "test.",
        r"Hodges-Lehmann",
    ),
    Term(
        "odds ratio",
        "Share divided by its rest (20 % is 20 to 80), compared between visits: below 1 the share fell, "
        "above 1 it rose; for small shares about the same as the factor.",
        r"odds ratio",
    ),
    Term(
        "post hoc",
        "Chosen after the result was known, so descriptive only: here groups by response, since response is "
        "defined by disease activity.",
        r"[Pp]ost hoc",
    ),
    Term("family", "The questions that a study declares to be corrected together; q is made within it."),
    # tests
    Term(
        "Wilcoxon signed-rank test",
        "Asks whether patients change in one direction, each against itself, by the ranks of their changes; "
        "exact: all ways in which chance could sign them are counted.",
        r"Wilcoxon",
    ),
    Term("sign test", "Counts only how many patients rose or fell."),
    Term(
        "Friedman's test", "Asks whether the visits differ at all, by ranks within each patient.", r"Friedman"
    ),
    Term(
        "mixed model",
        "One model of all visits in which each patient has a level of its own. Its p is made by exchanging "
        "visits within patients.",
    ),
    Term("Mann-Whitney test", "Asks whether two groups of patients differ, by ranks.", r"Mann-Whitney"),
    Term(
        "Spearman's rho",
        "Rank correlation from −1 to +1; at +1 patients with the larger change in one have it in the other.",
        r"Spearman",
    ),
    Term(
        "repeated-measures correlation (r)",
        "Whether two measures rise and fall together within patients (−1 to +1). A course that all "
        "patients share makes it large by itself; adjusted for visit that is taken out.",
        r"[Rr]epeated-measures correlation|\br within patients",
    ),
    Term(
        "permuted p",
        "p from exchanging visits or courses many times at random instead of from a formula, which few "
        "patients would not justify.",
        r"[Pp]ermuted|permuting",
    ),
    Term(
        "logit",
        "Logarithm of share divided by rest: a scale on which shares near 0 or 100 % can be compared.",
    ),
    Term(
        "CLR",
        "Centred log-ratio: shares of one whole as logarithms against their common mean, so that one part's "
        "rise is not taken for the others' fall.",
        r"\bCLR\b",
    ),
    # counts and limits
    Term(
        "denominator",
        "The population of which a percentage is taken; its events are counted in the same tube.",
        r"\b[Dd]enominators?\b",
    ),
    Term(
        "LOD",
        "Limit of detection: with fewer events a population cannot be told from background.",
        r"\bLOD\b",
    ),
    Term(
        "LLOQ",
        "Lower limit of quantification: with fewer events a population is seen, its size is too uncertain to "
        "be measured.",
        r"\bLLOQ\b",
    ),
    Term("Wilson interval", "Interval of a percentage from counting error alone.", r"\bWilson"),
    Term("Clopper-Pearson", "Exact interval of a rate, such as that of responders.", r"Clopper"),
    # clinic
    Term(
        "SLEDAI",
        "Index of lupus activity, 0 to 105: the more, the more active. SLEDAI-2K and SELENA are versions.",
        r"\bSLEDAI",
    ),
    Term(
        "SRI-4",
        "SLE responder index: SLEDAI fell by at least 4, without new organ flares (BILAG) or worsening in "
        "the physician's eyes (PGA), and whatever clauses the study adds.",
        r"\bSRI-\d",
    ),
    Term(
        "BILAG", "Lupus activity organ by organ: A severe, B moderate, C mild, D none, E never.", r"\bBILAG"
    ),
    Term("PGA", "Physician's global assessment of activity, 0 to 3.", r"\bPGA\b"),
    Term("NRI", "Non-responder imputation: a patient without the visit counts as no response.", r"\bNRI\b"),
    Term(
        "LOCF",
        "Last observation carried forward: the last visit stands for one that is missing.",
        r"\bLOCF\b",
    ),
    # gates
    Term(
        "cut",
        "One threshold on one marker. Several gates may use the same cut; cuts found in the data may lie "
        "elsewhere in each sample.",
        r"\bcut\b(?! (?:short|off))",
    ),
    Term("parent", "The population that a gate divides.", r"\bparent\b"),
    Term("batch", "Tubes that were stained and acquired together.", r"\bbatch\b"),
    Term(
        "back-gating",
        "Showing the cells of a final population on the plots before it, to see whether a gate cuts through "
        "them.",
        r"[Bb]ack-gating",
    ),
    Term(
        "FMO",
        "Fluorescence-minus-one control: a tube with all stains but one, which shows the background of that "
        "one.",
        r"\bFMO\b",
    ),
    Term(
        "spillover, compensation",
        "Light of one dye in the detector of another, and the arithmetic that takes it out.",
        r"[Ss]pillover|compensat(?:ed|ion)",
    ),
    Term("condition number", "By how much errors of measurement may grow in compensation; 1 is best."),
    Term(
        "deviations (robust)",
        "Distance from the usual value in units of the usual scatter, so that a single odd sample does not "
        "count in what is usual.",
        r"(?<!standard )\bdeviations\b",
    ),
    Term(
        "MIFlowCyt",
        "The list of what a paper has to say of a cytometry experiment.",
        r"MIFlowCyt",
    ),
)

_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
# Within these nothing is marked: pictures, choices, code, links, and headings of tables that sort.
_CLOSED = frozenset(
    [
        "svg",
        "style",
        "script",
        "code",
        "option",
        "select",
        "button",
        "a",
        "abbr",
        "th",
        "summary",
        "label",
        "noscript",
        "h3",
        "h4",
        "dt",
    ]
)


def marked(body: Markup) -> Markup:
    """Return a section in which each term has its meaning where it is met first, as ``<abbr title>``.

    Only text between tags is touched; what the data say stays escaped.

    Examples
    --------
    >>> print(marked(Markup("<p>12 events, below LLOQ; LLOQ again</p>")))  # doctest: +ELLIPSIS
    <p>12 events, below <abbr title="Lower limit ...">LLOQ</abbr>; LLOQ again</p>
    """
    waiting = list(_PATTERNS)
    within: list[str] = []
    out = []
    for piece in _TAG.split(str(body)):
        if piece.startswith("<"):
            name = _NAME.match(piece)
            tag = name[1].lower() if name else ""
            if tag in _CLOSED and not piece.endswith("/>"):
                if piece.startswith("</"):
                    if within and within[-1] == tag:
                        within.pop()
                else:
                    within.append(tag)
        elif waiting and not within and not piece.isspace():
            piece = _mark(piece, waiting)
        out.append(piece)
    return Markup("".join(out))


def _mark(piece: str, waiting: list[tuple[re.Pattern[str], str]]) -> str:
    """Mark the terms of one text that are still waited for, and take them off."""
    hits: list[tuple[int, int, str]] = []
    for entry in list(waiting):
        found = entry[0].search(piece)
        if found and not any(found.start() < end and start < found.end() for start, end, _ in hits):
            hits.append((found.start(), found.end(), entry[1]))
            waiting.remove(entry)
    for start, end, meaning in sorted(hits, reverse=True):
        piece = f'{piece[:start]}<abbr title="{escape(meaning)}">{piece[start:end]}</abbr>{piece[end:]}'
    return piece


_PATTERNS = tuple(
    (re.compile(term.pattern or rf"\b{re.escape(term.word)}\b"), term.meaning) for term in TERMS
)
