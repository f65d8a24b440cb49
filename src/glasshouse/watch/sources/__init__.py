"""One file per log format: record bytes in, Events out."""
