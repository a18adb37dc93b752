"""The figures and tables of the study, F1 … and T1 …, drawn anew for whatever run they are asked for."""
