"""Repairs of keywords: deviations of TEXT, of the keywords of parameters, and of the acquisition."""

from __future__ import annotations

from cytogate.fcs.repairs.repair import Repair

KEYWORD_REPAIRS = (
    Repair("text-end-past", "TEXT is said to end on the first byte of DATA", seen=("flowCore#251",)),
    Repair(
        "text-no-final-delimiter",
        "the last keyword of TEXT has no delimiter behind it",
        seen=("FlowCytometryTools#12", "fcsparser PR#26", "cytoflow#265", "cytoflow#267"),
    ),
    Repair(
        "text-padded",
        "TEXT has blanks behind its last delimiter",
        seen=("FlowCal PR#206", "FlowCytometryTools#12"),
    ),
    Repair(
        "text-junk", "TEXT has bytes behind its last delimiter; they are left out", seen=("flowCore#251",)
    ),
    Repair(
        "text-begins-early",
        "TEXT has blanks or a byte order mark before its first delimiter",
        seen=("fireflow: text_correction",),
    ),
    Repair(
        "text-empty-values",
        "doubled delimiters are empty values, not escaped delimiters",
        seen=("flowCore#125", "CATALYST#273", "FlowCal#203", "flowWorkspace#188", "cytofkit2#45"),
    ),
    Repair(
        "text-delimiter-first",
        "values begin with the delimiter, which FCS 3.0, 3.2.7 does not allow",
        seen=("fireflow: allow_delim_at_boundary",),
    ),
    Repair(
        "text-ambiguous",
        "doubled delimiters could be empty values; they are read as escaped ones",
        seen=("flowCore#125",),
    ),
    Repair(
        "text-delimiter-in-value",
        "a value holds the delimiter before a '$': an empty value may be swallowed",
        seen=("flowCore#125", "flowCore#63"),
    ),
    Repair(
        "text-keyword-in-value",
        "a value is a keyword of the standard: a delimiter may not be escaped, and the keyword swallowed",
        seen=("flowCore#63", "flowCore#75"),
    ),
    Repair(
        "text-delimiter-unescaped",
        "a value holds a single delimiter; the '$' of the keywords around it shows where it ends",
        seen=("flowCore#75", "flowCore#96", "flowCore#277", "infinityFlow#32"),
    ),
    Repair("text-blanks", "blanks around keywords are left out", seen=("fcsparser#25",)),
    Repair(
        "text-latin1",
        "TEXT is not UTF-8; it is read as latin-1",
        seen=("fcsparser#7", "fcsparser PR#8", "fcsparser PR#15"),
    ),
    Repair(
        "text-unicode-unclear",
        "a value of $UNICODE (FCS 3.0, 3.2.20) does not show its byte order; it is read as other values",
    ),
    Repair(
        "text-duplicate-keyword",
        "a keyword stands twice with different values (against FCS 3.0, 3.2.13); the first one counts",
        seen=("fireflow: allow_nonunique",),
    ),
    Repair(
        "supplemental-text-ignored",
        "supplemental TEXT lies nowhere, or is TEXT itself",
        seen=("flowCore#198", "fireflow: ignore_supp_text"),
    ),
    Repair(
        "supplemental-text-differs",
        "supplemental TEXT contradicts a keyword of TEXT (against FCS 3.0, 3.2.13), which counts",
    ),
    Repair(
        "keywords-missing",
        "keywords that the version requires are absent, and not needed",
        seen=("FlowCal PR#353",),
    ),
    Repair(
        "total-missing",
        "$TOT (required by FCS 3.0, 3.2.18) is absent; the number of events follows from the length of DATA",
    ),
    Repair(
        "parameter-bits-missing",
        "$PnB is absent on floating-point data; the type gives the width",
        seen=("flowCore#53", "flowCore#133", "CSV-to-FCS#2"),
    ),
    Repair(
        "parameter-bits-stored-wider",
        "$PnB is no whole number of bytes; values fill the next whole ones",
        seen=("flowCore#46", "cytolib: Beckman Coulter CPX"),
    ),
    Repair(
        "parameter-range-unreadable",
        "$PnR of floating-point data is no number",
        seen=("flowCore#53", "flowCore#202", "CATALYST#152"),
    ),
    Repair(
        "parameters-beyond-count",
        "keywords describe parameters beyond $PAR (FCS 3.0, 3.2.16); those are not read",
        seen=("flowCore#53", "fireflow: process_hyper_par"),
    ),
    Repair(
        "parameter-type-ignored",
        "$PnDATATYPE is of FCS 3.2 alone, and differs from $DATATYPE, which counts",
        seen=("fireflow: version_override",),
    ),
    Repair(
        "channel-name-comma",
        "$PnN has a comma, which FCS 3.1 does not allow; spillover cannot name it",
        seen=("flowCore#161",),
    ),
    Repair(
        "channel-unnamed",
        "$PnN is absent (optional until FCS 3.1); the parameter number is the name",
        seen=("flowCore#161", "CATALYST#195"),
    ),
    Repair(
        "channel-name-duplicate",
        "$PnN stands for several parameters; their numbers are added",
        seen=("flowCore#159", "flowCore#161", "CATALYST#195"),
    ),
    Repair("log-on-float-ignored", "$PnE on floating-point data is left alone", seen=("flowCore#99",)),
    Repair(
        "log-offset-zero",
        "$PnE has offset 0 with decades above 0; 1 is used",
        seen=("flowCore#99", "fireflow: fix_log_scale_offsets"),
    ),
    Repair("log-scale-missing", "$PnE, which FCS 3.0, 3.2.18 requires, is absent on integer data; linear"),
    Repair(
        "log-scale-unreadable",
        "$PnE is no pair of numbers (FCS 3.0, 3.2.20); values are taken as linear",
        lenient=True,
    ),
    Repair("log-decades-zero", "$PnE has an offset but no decades (FCS 3.0, 3.2.20); the scale is linear"),
    Repair(
        "decimal-comma",
        "a number has a decimal comma, and no other reading",
        seen=("flowCore#209",),
    ),
    Repair("log-on-time-ignored", "$PnE of the time channel is left alone (FCS 3.2, 3.3.43)"),
    Repair("gain-unreadable", "$PnG is no number above 0; 1 is used", seen=("FlowKit#241", "FlowCal PR#220")),
    Repair("gain-with-log-ignored", "$PnG stands beside a logarithmic $PnE; left alone (FCS 3.2, 3.3.46)"),
    Repair(
        "gain-on-float-ignored", "$PnG on floating-point data is left alone from FCS 3.2 on (FCS 3.2, 3.3.46)"
    ),
    Repair(
        "time-gain-ignored",
        "$PnG of the time channel is left alone (FCS 3.2, 3.3.46)",
        seen=("flowWorkspace#199", "FlowCal PR#220"),
    ),
    Repair(
        "timestep-unreadable",
        "$TIMESTEP is no number above 0; time stays in the instrument's unit",
        seen=("FlowIO: empty_timestep", "flowWorkspace#199"),
    ),
    Repair(
        "acquisition-date-form",
        "$DATE is not dd-mmm-yyyy with an English month, but has one reading",
        seen=("FlowCal#187", "FlowCal PR#190", "fireflow: date_pattern"),
    ),
    Repair(
        "acquisition-date-unreadable",
        "$DATE is no date, or could be two; the date is not known",
        seen=("FlowCal#187", "fireflow: date_pattern"),
    ),
    Repair(
        "acquisition-time-form",
        "fractions in $BTIM or $ETIM are neither 1/60 s (FCS 3.0, 3.2.20) nor hundredths; decimals",
        seen=("fireflow: time_pattern",),
    ),
    Repair(
        "acquisition-time-unreadable",
        "a time of the acquisition cannot be read, or its zone is missing; it is not known",
        seen=("fireflow: time_pattern", "fireflow: datetime_pattern"),
    ),
    Repair("acquisition-over-midnight", "$ETIM is before $BTIM (FCS 3.0, 3.2.20); it is of the next day"),
    Repair("acquisition-volume-unreadable", "$VOL is no number of nanolitres (FCS 3.1, 3.2); not known"),
    Repair("acquisition-volume-unit", "$VOL of Cytek is microlitres, not nanolitres as in FCS 3.1, 3.2"),
)
