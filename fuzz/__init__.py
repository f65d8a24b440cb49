"""Nothing in, nothing out: the fuzz targets stand in targets.py, ``python -m fuzz`` runs them."""
