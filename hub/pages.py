"""For plugins with pages of their own: streams, answers, and how routes describe themselves.

A plugin with people in front of a browser (`hub_web`, `hub_desk`) needs more of the hub's web side than others do. What it
may use is here; everything else under `hub.web` is the hub's own business.
"""

from hub.message import files_of, parse_body
from hub.people.dossiers import Dossier
from hub.web.answering import answer, id_in_path, number, word
from hub.web.application import read_json
from hub.web.operations import ID, Operation, Parameter, one_of, whole
from hub.web.protocol import Endpoint, Hello, Party, Topic
from hub.web.shapes import Json, author_shape, body_shape, message_shape, visitor_conversation

__all__ = [
    "ID", "Dossier", "Endpoint", "Hello", "Json", "Operation", "Parameter", "Party", "Topic", "answer", "author_shape",
    "body_shape", "files_of", "id_in_path", "message_shape", "number", "one_of", "parse_body", "read_json",
    "visitor_conversation", "whole", "word",
]
