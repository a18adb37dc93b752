"""The records stage."""
