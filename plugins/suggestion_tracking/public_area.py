"""What everybody may see and do: the public form, look-up and rating, published items, Open311."""
from __future__ import annotations
