"""The generator: what is written from the declarations, and never by hand."""
