"""Leaves: one artefact each, a containment plan in, the text of a file out."""
