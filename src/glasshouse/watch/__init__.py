"""The watch wing: raw logs in, lookups and alerts out."""
