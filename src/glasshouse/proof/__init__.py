"""The proof: described behaviour in, labelled logs out; detectors and labelled logs in, figures out."""
