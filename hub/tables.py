"""For plugins with tables of their own: models, statements and changes.

A plugin names the module with its Tortoise models in `Plugin.tables`; the package ``migrations`` beside that module brings
the schema there. It reads with `Context.reader` and writes by `Context.commit`: one committer writes for everybody.
"""

from hub.store.change import Change, to_json
from hub.store.fields import IdField
from hub.store.reader import Reader, Row, marks
from hub.store.statements import Statement, delete, insert, update, upsert

__all__ = [
    "Change", "IdField", "Reader", "Row", "Statement", "delete", "insert", "marks", "to_json", "update", "upsert",
]  # fmt: skip
