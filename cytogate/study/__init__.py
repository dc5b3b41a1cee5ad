"""A whole study: from the study file and its sheet, sample by sample, to a run folder."""
