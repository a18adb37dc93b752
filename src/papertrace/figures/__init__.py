"""The figures stage: what the tables and a few pages look like."""
