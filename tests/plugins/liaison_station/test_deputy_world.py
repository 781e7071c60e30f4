"""The world of the tests stands: whoever builds on it finds what its lists name."""


def test_the_world_has_its_stations_deputies_and_officers(world):
    assert len(world.stations) == 6 and len(world.deputies) == 12 and set(world.actors) >= {"county", "liaison", "zhang"}
    assert all(world.fresh(one).home for one in world.placements.values())
    assert world.actors["zhang"].person_id == world.people["zhang"].id
