"""The themes that come with grid321: data only, one folder each with ``theme.toml`` and ``tokens.css``."""
