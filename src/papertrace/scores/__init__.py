"""The scores stage."""
