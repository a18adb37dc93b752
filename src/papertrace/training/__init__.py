"""How the digitizer's networks come to be: crops of generated pages, the networks, their training, their export.

Nothing here is needed to digitize; torch is (`pip install papertrace[train]`).
"""
