"""The forms on paper and as docx."""
from __future__ import annotations
