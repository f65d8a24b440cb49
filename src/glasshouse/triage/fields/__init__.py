"""Leaves: one field of a verdict each, an episode and what we know in, the field out."""
