"""Cross-check of a file: what two other readers, flowio and fcsparser, find in it, and who is right.

- `witness` - what one reader found, and where it differs.
- `contained` - each reader works in a process of its own, with a deadline and a cap on memory.
- `readers` - the two readers behind one face.
- `compare` - their sizes, names, stored values and scales beside ours, block by block.
- `rule` - what a rule of the standard is; `rules` - those about the features that readers get wrong.
- `misread` - what values a reader sees that breaks one of them.
"""

from cytogate.interop.crosscheck.contained import Bounds, cross_check
from cytogate.interop.crosscheck.rule import Rule
from cytogate.interop.crosscheck.rules import RULES
from cytogate.interop.crosscheck.witness import Difference, Witness

__all__ = ["RULES", "Bounds", "Difference", "Rule", "Witness", "cross_check"]
