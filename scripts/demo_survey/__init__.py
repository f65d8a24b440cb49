"""The invented organisation's survey: what open databases said of it at three dates in, recordings out."""
