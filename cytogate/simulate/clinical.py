"""The clinic's side: SLEDAI items, BILAG grades, global assessment, prednisone and blood counts per visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.simulate.keywords import visit_date
from cytogate.simulate.patients import is_responder, kind_of, visit_values
from cytogate.simulate.sections import Biology
from cytogate.simulate.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterable

AS_DESCRIBED = Biology()
CLINIC_WEEKS = (0, 1, 4, 8, 12, 16, 20, 24)

# The 24 descriptors of SLEDAI-2K and their weights.
SLEDAI_WEIGHTS = {
    **dict.fromkeys(("seizure", "psychosis", "organic_brain", "visual", "cranial_nerve"), 8),
    **dict.fromkeys(("lupus_headache", "cva", "vasculitis"), 8),
    **dict.fromkeys(("arthritis", "myositis", "urinary_casts", "haematuria", "proteinuria", "pyuria"), 4),
    **dict.fromkeys(("rash", "alopecia", "mucosal_ulcers", "pleurisy", "pericarditis"), 2),
    **dict.fromkeys(("low_complement", "dna_binding"), 2),
    **dict.fromkeys(("fever", "thrombocytopenia", "leukopenia"), 1),
}

# Descriptors present, from the week named until the next line.
_COURSES = {
    "P1": {
        0: "arthritis rash alopecia low_complement dna_binding",
        4: "rash alopecia low_complement dna_binding",
        8: "rash low_complement dna_binding",
        16: "low_complement dna_binding",
    },
    "P2": {
        0: "proteinuria haematuria rash low_complement dna_binding",
        4: "proteinuria haematuria low_complement dna_binding",
        8: "proteinuria rash low_complement dna_binding",
        16: "proteinuria low_complement dna_binding",
    },
    "P3": {
        0: "arthritis mucosal_ulcers dna_binding",
        4: "arthritis dna_binding",
        8: "mucosal_ulcers dna_binding",
        16: "dna_binding",
    },
    "P4": {
        0: "arthritis rash low_complement dna_binding",
        8: "arthritis rash dna_binding",
        12: "arthritis rash low_complement dna_binding",
        20: "arthritis rash dna_binding",
    },
    "P5": {
        0: "arthritis rash pleurisy low_complement leukopenia",
        4: "arthritis rash low_complement leukopenia",
        8: "rash low_complement leukopenia",
        16: "low_complement leukopenia",
    },
    "P6": {0: "arthritis rash alopecia", 4: "rash alopecia", 12: "alopecia", 16: ""},
}

# Physician's global assessment (0 to 3) and prednisone (mg a day): before, and at week 24.
_ASSESSMENT = {
    "P1": (2.0, 0.8),
    "P2": (1.7, 1.0),
    "P3": (1.5, 0.5),
    "P4": (1.8, 1.9),
    "P5": (2.1, 0.7),
    "P6": (1.4, 0.1),
}
_PREDNISONE = {"P1": (20, 5), "P2": (15, 10), "P3": (10, 5), "P4": (15, 15), "P5": (20, 7.5), "P6": (7.5, 0)}

# BILAG system: the descriptors that make it active; a few systems were never involved.
_BILAG = {
    "constitutional": ("fever",),
    "mucocutaneous": ("rash", "alopecia", "mucosal_ulcers"),
    "neuropsychiatric": (),
    "musculoskeletal": ("arthritis", "myositis"),
    "cardiorespiratory": ("pleurisy", "pericarditis"),
    "gastrointestinal": (),
    "ophthalmic": (),
    "renal": ("proteinuria", "haematuria", "urinary_casts", "pyuria"),
    "haematological": ("leukopenia", "thrombocytopenia"),
}


def sledai_items(subject: str, week: int) -> frozenset[str]:
    """Return the descriptors that a patient has at a visit: those of the latest line of the course."""
    course = _COURSES[kind_of(subject)]
    return frozenset(course[max(start for start in course if start <= week)].split())


def sledai_total(subject: str, week: int) -> int:
    """Return the SLEDAI-2K of a patient at a visit."""
    return sum(SLEDAI_WEIGHTS[item] for item in sledai_items(subject, week))


def bilag_grade(subject: str, week: int, system: str) -> str:
    """Return the grade A (severe) to E (never involved) of one system.

    A system gets A for two renal descriptors together, B while active before week 8 or in the non-responder,
    C when active later, D when it was active before.
    """
    members = _BILAG[system]
    active = [item for item in sledai_items(subject, week) if item in members]
    before = any(item in members for item in sledai_items(subject, 0))
    if system == "haematological":
        return "C" if active else ("D" if before else "E")
    if len(active) > 1 and system == "renal":
        return "A"
    if active:
        return "B" if week < 8 or not is_responder(subject) else "C"
    return "D" if before else "E"


def clinical_row(seed: int, subject: str, week: int, biology: Biology = AS_DESCRIBED) -> dict[str, str]:
    """Return one row of clinical.csv: a patient at a visit.

    Where the biology of the trial does not change, no drug does anything: descriptors, grades, assessment
    and prednisone stay those of week 0. Laboratory values vary by chance in any trial.

    Parameters
    ----------
    seed : int
        Seed of the trial; the composites do not hang on it, only the laboratory values do.
    subject : str
        Patient.
    week : int
        Weeks since the infusion.
    biology : Biology
        Of the trial.

    Returns
    -------
    dict
        Column to text.
    """
    rng = stream(seed, "clinic", subject, week)
    reached = week if biology.change else 0  # the week of the patient's course
    items = sledai_items(subject, reached)
    start, end = _ASSESSMENT[kind_of(subject)]
    course = min(reached, 24) / 24
    assessment = start + (end - start) * course ** (0.6 if is_responder(subject) else 1.0)
    before, after = _PREDNISONE[kind_of(subject)]
    taper = min(max(reached - 1, 0) / 19, 1.0)  # done by week 20
    prednisone = round((before + (after - before) * taper) * 0.4) / 0.4
    lymphocytes = visit_values(seed, subject, week, change=biology.change, noise=biology.noise)["lymphocytes"]
    leukopenia = "leukopenia" in items
    white = lymphocytes + rng.uniform(1.5, 1.95) if leukopenia else lymphocytes + rng.uniform(2.4, 4.5)
    dna = rng.uniform(60, 220) if "dna_binding" in items else rng.uniform(4, 24)
    low = "low_complement" in items
    row = {
        "subject": subject,
        "visit": f"W{week}",
        "week": str(week),
        "date": visit_date(subject, week).isoformat(),
        "sledai_total": str(sledai_total(subject, reached)),
        **{f"sledai_{item}": str(int(item in items)) for item in SLEDAI_WEIGHTS},
        **{f"bilag_{system}": bilag_grade(subject, reached, system) for system in _BILAG},
        "pga": f"{assessment:.2f}",
        "prednisone_mg_day": f"{prednisone:g}",
        "meds_violation": "0",
        "anti_dsdna_iu_ml": f"{dna:.0f}",
        "c3_g_l": f"{rng.uniform(0.55, 0.83) if low else rng.uniform(0.95, 1.45):.2f}",
        "c4_g_l": f"{rng.uniform(0.05, 0.095) if low else rng.uniform(0.14, 0.32):.3f}",
        "lymphocytes_1e9_l": f"{lymphocytes:.2f}",
        "wbc_1e9_l": f"{white:.2f}",
        "platelets_1e9_l": f"{rng.uniform(150, 310):.0f}",
    }
    protein = 0.15 + (rng.uniform(0.6, 2.4) if "proteinuria" in items else rng.uniform(-0.1, 0.1))
    row["upcr_g_g"] = f"{protein:.2f}"
    return row


def clinical_rows(
    seed: int, subjects: Iterable[str], weeks: Iterable[int], biology: Biology = AS_DESCRIBED
) -> list[dict[str, str]]:
    """Return the rows of clinical.csv: every clinic visit, also those without tubes, by patient and week."""
    visits = sorted({*CLINIC_WEEKS, *weeks})
    return [clinical_row(seed, subject, week, biology) for subject in subjects for week in visits]
