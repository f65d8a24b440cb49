"""Leaves: one behaviour each, a stage in, what somebody does on it out."""
