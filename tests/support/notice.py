"""A whole plugin: notices of a village, with list, page, form, REST, import, export, search and permissions."""
import peewee

from grid321.core.api import Entity, EntitySchema, Plugin, Role, Scoped, Text, hookimpl, scope_indexes
from grid321.core.api import lazy_gettext as _


class Notice(Scoped):
    title = peewee.CharField(max_length=80)

    class Meta:
        table_name = "notice_notice"
        indexes = scope_indexes()


class NoticeSchema(EntitySchema):
    title = Text(_("Title"), required=True, max=80)


plugin = Plugin(key="notice", label=_("Notices"), version="1.0.0", api=">=1.0,<2", roles=(
    Role("notice.editor", _("Editor of notices"), ("notice.notice.view", "notice.notice.create")),))


@hookimpl
def grid321_entities():
    return [Entity("notice.notice", model=Notice, schema=NoticeSchema, label=_("Notice"), columns=("title",), title="title")]
