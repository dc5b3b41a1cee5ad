"""FCS files: one module a segment, read in blocks, never guessed.

How FCS is read here. HEADER (`header`) names the places of the segments; TEXT (`text`) holds the keywords,
with a doubled delimiter read as the standard says, or as an empty value where only that reading keeps all
needed keywords. Each ``$Pn`` (`parameters`) gives a channel and its place in a record (`layout`). DATA lies
where HEADER or TEXT say (`segments`), accepted only when its length is ``$TOT`` times the bytes of a record,
inside the file and clear of TEXT; when the two differ, exactly one must be proven.

Deviations that leave one reading are made good and become warnings, listed in `repairs` with their codes;
all others are refused with one `FcsError` that names file, field and byte. Those that change the number of
events need ``lenient=True``.

Values: integers are masked to ``$PnR`` (to the next power of two; no mask where the range fills the width)
and events that lose bits are counted; floats are never masked, clipped or made linear again. Scale values
apply ``$PnE`` (integers only; offset 0 is 1) or ``$PnG`` (not on time, not on floats from 3.2 on), and
multiply time by ``$TIMESTEP``.

- Opening: `read` finds the data sets in a `storage` and makes a `file`; `sniff` says what is no FCS file.
- Segments: `header`, `text` (`keywords`, `numbers`), `segments`, `data`, as `versions` and `limits` allow.
- Channels: `parameters`, `layout`, `byte_order`, `panel` and its `labels`; `compensated` looks for signs that
  values are so already.
- What gating sees of a file is a `source`; `events` in memory are one, too. `write` writes FCS 3.1.
"""

SUFFIXES = (".fcs", ".lmd")  # what a folder is searched for
