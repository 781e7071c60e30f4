"""One module per command of ``grid321``; :mod:`grid321.core.cli` lists them and loads one only when it is called."""
