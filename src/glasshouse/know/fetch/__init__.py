"""Leaves: one kind of server each, its address in, facts about ourselves out."""
