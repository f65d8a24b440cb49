"""Reports and lookups in, text out: one leaf per output format, the machine contract in ``contract``."""
