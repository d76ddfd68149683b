"""For plugins with pages of their own: answers, and how routes describe themselves.

A plugin with people in front of a browser (`hub_web`, `hub_desk`) needs more of the hub's web side than others do. What it
may use is here; everything else under `hub.web` is the hub's own business. Streams are in the package `hub_realtime`.
"""

from hub.calling import attempt, outcome_of
from hub.message import files_of, parse_body
from hub.people.dossiers import Dossier
from hub.web.answering import answer, id_in_path, number, only_known, word
from hub.web.application import read_json
from hub.web.operations import ID, Operation, Parameter, one_of, whole

__all__ = [
    "ID", "Dossier", "Operation", "Parameter", "answer", "attempt", "files_of", "id_in_path", "number", "one_of",
    "only_known", "outcome_of", "parse_body", "read_json", "whole", "word",
]  # fmt: skip
