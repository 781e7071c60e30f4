"""The records of deputies' files. From these the core makes pages, API, export, print, search and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity
from grid321.core.api import lazy_gettext as _

from . import file_deeds, file_life, file_rating, file_year
from .file_models import Deed, Year
from .file_schemas import DeedSchema, YearSchema
from .file_scheme import SCHEME
from .menu_folds import DEPUTY_FOLD
from .station_choices import LEVELS

DEED = Entity(
    file_deeds.DEED, Deed, DeedSchema, _("Deeds of deputies"), columns=("day", "deputy", "kind", "title", "state"),
    filters=("kind", "state", "day", "deputy"), search=("title",), sorts=("-day", "-id"), title="title",
    actions=("create", "export"), icon="journal-check", menu="more", fold=DEPUTY_FOLD, counters=(Counter("kind,state"),),
    check=file_life.check_deed, home=file_life.home_of, levels=LEVELS, steps=file_life.STEPS, verify=file_deeds.faults,
    description=_("What deputies did: noted by itself from receptions, opinions, activities and suggestions, struck with them."))

YEAR = Entity(
    file_rating.YEAR, Year, YearSchema, _("Years of deputies"),
    columns=("number", "title", "state", "published_on", "due"), filters=("year", "state", "deputy"),
    search=("number", "name"), sorts=("-year", "name"), title="title", actions=("create", "edit", "export"), icon="person-badge",
    menu="more", fold=DEPUTY_FOLD, news=False, counters=(Counter("state"),), check=file_year.check_year, home=file_life.home_of,
    levels=LEVELS, steps=file_rating.STEPS,
    awaited=("confirm", "check", "publish"), beside=("confirm_told", "reopen"),
    waits=(("open", _("The deputy looks through the entries and confirms the year.")),),
    description=_("Every deputy’s year: itemised, confirmed, published to the voters and rated by them."))

ENTITIES = (DEED, YEAR, SCHEME)
