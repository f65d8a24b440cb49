"""Detectors that need nothing of this program but records: rows or events in, alarms out."""
