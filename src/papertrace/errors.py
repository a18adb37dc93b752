"""The errors a person can act on.

A `PapertraceError` carries one sentence that names the file (or the config key) and says what to do.
The command line prints the sentence and nothing else; a stage turns it into a row with a status and a reason.
"""


class PapertraceError(Exception):
    """Something a user can mend; ``str(error)`` is one whole sentence."""


class ConfigError(PapertraceError):
    """A config file or value that cannot be used; exit status 2."""


class RecordError(PapertraceError):
    """A record that cannot be read or does not hold what its header promises."""


class ImageError(PapertraceError):
    """An image file that cannot be read, or is not an image."""
