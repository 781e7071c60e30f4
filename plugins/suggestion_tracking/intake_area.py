"""The ways in for officers and machines: hotline, e-mail, text messages, sheets of a session."""
from __future__ import annotations
