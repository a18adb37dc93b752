"""What leaves a dataset: one image rebuilt by its id, dense labels, other programs' formats, the data sheet."""
