"""Ways to write down the coverage ledger: one file each, a Ledger in, text out."""
