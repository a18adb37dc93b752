"""The `dncnn` digitizer: the method of the ECG-Image-Kit study, the baseline of every table."""
