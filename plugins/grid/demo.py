"""Demo data (to be written)."""
def demo(context):
    return None
