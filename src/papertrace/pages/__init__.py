"""The pages stage."""
