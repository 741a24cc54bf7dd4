"""How a witness keeps its key and what it has cosigned: files of one directory."""
