"""The invented working day of the demo: tables and seeds in, log lines and the truth about them out."""
