"""The scans stage."""
