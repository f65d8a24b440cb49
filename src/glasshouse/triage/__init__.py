"""Triage: an episode and what we know in, a verdict, answers and a decision out."""
