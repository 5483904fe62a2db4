"""The priority report: what an examiner files in the dossier, as one page of HTML or PDF."""
