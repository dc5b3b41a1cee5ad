"""Structure: where the segments of a data set lie, and that they are where they are said to be.

- `header` names the places; `text_segment` finds the ends of TEXT where HEADER gets them wrong; `datasets`
  walks along ``$NEXTDATA``, and a `window` shows each data set its own bytes alone. `further_text` is what
  its supplement and ANALYSIS have in common.
- DATA: `segments` proves one of the `claims` of HEADER and TEXT; `remains` is what is left where none is
  proven, and `line_ends` tells a copy in text mode. What lies `behind` all that is named may be events, too.
- `analysis` and `checksum` are read when they are asked for.
"""
