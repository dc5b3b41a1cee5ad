"""Proving that a run folder is what its manifest says, and that its figures come out again.

`links` follows hashes from the audit log to the files that were read and written; `again` gates once more and
`comparing` holds the figures against those of the tables; `verify` does one after the other, and
`differences` is what they find. Nothing is written to the run folder.
"""

from cytogate.study.verify.differences import Difference, Verification
from cytogate.study.verify.verify import verify_run

__all__ = ["Difference", "Verification", "verify_run"]
