"""The traces stage."""
