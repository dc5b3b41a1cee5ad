"""FCS files: one module a segment, read in blocks, never guessed.

How FCS is read here. HEADER (`header`) names the places of the segments; TEXT (`text`) holds the keywords,
with a doubled delimiter read as the standard says, or as an empty value where only that reading keeps all
needed keywords. Each ``$Pn`` (`parameters`) gives a channel and its place in a record (`layout`). DATA lies
where HEADER or TEXT say (`segments`), accepted only when its length is ``$TOT`` times the bytes of a record,
inside the file and clear of TEXT; when the two differ, exactly one must be proven.

Deviations that leave one reading are made good and become warnings, listed in `repairs` with their codes
(each a `repair`; those of keywords in `keyword_repairs`); all others are refused with one `FcsError` that
names file, field and byte. Those that change the number of events need ``lenient=True``.

Values: integers are masked to ``$PnR`` (to the next power of two; no mask where the range fills the width)
and events that lose bits are counted, as are values that are not finite; floats are never masked, clipped or
made linear again. ASCII values are exact as they are written. Scale values apply ``$PnE`` (integers only;
offset 0 is 1) or ``$PnG`` (not on time, not on floats from 3.2 on), and multiply time by ``$TIMESTEP``.

- Opening: `read` takes one of the `datasets` in a `storage` (its bytes are a `window`) and makes a `file`;
  `sniff` says what is no FCS file.
- Segments: `header`, `text_segment` with `text` (`words`, `keywords`, `numbers`), `analysis`, `checksum`, as
  `versions` and `limits` allow. `segments` proves one of the `claims` about DATA; `remains` is what is left
  where none is proven, and `line_ends` tells a copy in text mode.
- DATA: records in blocks (`data`) that threads share (`ranges`), tables and their summary (`values`); `ascii`
  data are decoded when a file is opened, from where `ascii_place` proves them.
- Channels: `parameters`, `amplification`, `layout`, `byte_order`, `panel` and its `labels`; `compensated`
  looks for signs that values are so already.
- `acquisition` says when and on what the events were acquired.
- What gating sees of a file is a `source`; `events` in memory are one, too.
- Writing: `write` takes what of a source still holds from `outgoing`, and `compose` makes HEADER and TEXT.
"""

SUFFIXES = (".fcs", ".lmd")  # what a folder is searched for
