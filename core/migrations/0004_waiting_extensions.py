"""An index for the requests for an extension that wait: the page of the day asks for them."""


def up(migrator, db):
    """Make the index."""
    migrator.migrate(migrator.add_index("core_clock_extension", ("state", "id")))


def down(migrator, db):
    """Remove it."""
    migrator.migrate(migrator.drop_index("core_clock_extension", "core_clock_extension_state_id"))
