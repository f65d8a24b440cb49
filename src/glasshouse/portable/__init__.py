"""Rules for other platforms: what the catalogue and our rules say in, texts in their languages out."""
