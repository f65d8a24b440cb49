"""Glasshouse: in come logs, out come lookups in open technical databases (ATT&CK T1596) and alerts."""

__version__ = "0.1.0"
