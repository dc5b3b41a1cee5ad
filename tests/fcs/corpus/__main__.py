"""Judge the readers by the corpus, print the table of outcomes and write ``docs/fcs-outcomes.md``."""

from __future__ import annotations

import sys

from fcs.corpus.outcomes import PAGE, judge_all, page


def main():
    """Write and print the page; return 1 when an answer of cytogate is not acceptable."""
    rows = list(judge_all())
    text = page(rows)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(not all(row.verdicts["cytogate"].is_acceptable for row in rows))


if __name__ == "__main__":
    sys.exit(main())
