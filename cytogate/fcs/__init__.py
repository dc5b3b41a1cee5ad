"""FCS files: one module a segment, read in blocks, never guessed.

How FCS is read here. HEADER names the places of the segments; TEXT holds the keywords, with a doubled
delimiter read as the standard says, or as an empty value where only that reading keeps all needed keywords.
Each ``$Pn`` gives a channel and its place in a record. DATA lies where HEADER or TEXT say, accepted only
when its length is ``$TOT`` times the bytes of a record, inside the file and clear of TEXT; when the two
differ, exactly one must be proven.

Deviations that leave one reading are made good and become warnings, listed in `repairs/` with their codes;
all others are refused with one `FcsError` that names file, field and byte. Those that change the number of
events need ``lenient=True``.

Values: integers are masked to ``$PnR`` (to the next power of two; no mask where the range fills the width)
and events that lose bits are counted, as are values that are not finite; floats are never masked, clipped
or made linear again. ASCII values are exact as they are written. Scale values apply ``$PnE`` (integers
only; offset 0 is 1) or ``$PnG`` (not on time, not on floats from 3.2 on), and multiply time by
``$TIMESTEP``.

- `read` takes one data set out of a `storage/` (disk, gzip, URL) and makes a `file`, on `terms`: the rules of
  its version (`versions`), `limits`, and whether leniently.
- `structure/`: HEADER, segments and data sets; `text/`: keywords; `channels/`: what each ``$Pn`` says;
  `data/`: records and values; `acquisition`: when and on what the events were acquired.
- `repairs/` lists every deviation that is read nevertheless; `compensated` looks for signs that values are
  so already.
- What gating sees of a file is a `source`; `events` in memory are one, too.
- `writing/` makes files.
"""

SUFFIXES = (".fcs", ".lmd")  # what a folder is searched for
