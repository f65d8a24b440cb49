"""Leaves: one file format each, bytes in, facts about ourselves out."""
