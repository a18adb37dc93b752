"""papertrace: an ECG's round trip, record -> page -> scan -> trace -> score."""

__version__ = "0.1.0"
