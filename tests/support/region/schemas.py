"""The fields that the region adds."""
from grid321.core.api import Choice, DepartmentRef, EntitySchema, Flag, Int, Phone, Text


class PlaceSchema(EntitySchema):
    zone = Choice("Zone", options=(("north", "North zone"), ("south", "South zone")))
    plot = Text("Plot", max=20, help="As it is in the land register.")
    storeys = Int("Storeys", min=1, max=200)
    seen = Flag("Seen on the spot")
    office = DepartmentRef("Office of the region")
    owner_phone = Phone("Telephone of the owner", personal=True)


class TagSchema(EntitySchema):
    tag = Text("Tag", max=20, required=True)
