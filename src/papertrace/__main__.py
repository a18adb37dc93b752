"""``python -m papertrace``."""

from papertrace.cli import main

main()
