"""A rule and the facts of the catalogue in, its defects out: one kind of defect a module."""
