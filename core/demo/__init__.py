"""The demo county: Hanbin's real towns and villages with invented people, made from a fixed seed."""
