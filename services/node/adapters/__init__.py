"""How it is done: DuckDB, SQLite, files, DICOM, the noise sampler."""
