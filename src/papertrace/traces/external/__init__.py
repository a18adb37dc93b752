"""Digitizers of other people: programs that read an image file and write a file of signals.

The contract is written for their authors in docs/your-digitizer.md.
"""
