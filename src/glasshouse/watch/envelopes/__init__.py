"""One module per envelope: what other programs wrap around log records; found by leaf.envelopes()."""
