"""Leaves: one log file format each, what a sensor saw in, a line as its product writes it out."""
