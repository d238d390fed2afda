"""Where the files of a dataset go on disk: one file per layout."""
