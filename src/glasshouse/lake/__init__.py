"""The lake: lookups in as Parquet files, decisions in as SQL rows; both out again, at any later time."""
