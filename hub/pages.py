"""For plugins with pages of their own: streams, answers, and how routes describe themselves.

A channel whose customers sit in front of a browser (`hub_web`) needs more of the hub's web side than others do. What it may use
is here; everything else under `hub.web` is the hub's own business.
"""

from hub.people.dossiers import Dossier
from hub.web.answering import answer, number
from hub.web.application import read_json
from hub.web.operations import ID, Operation, Parameter, one_of, whole
from hub.web.protocol import Endpoint, Hello, Party, Topic
from hub.web.shapes import message_shape, visitor_conversation

__all__ = [
    "ID",
    "Dossier",
    "Endpoint",
    "Hello",
    "Operation",
    "Parameter",
    "Party",
    "Topic",
    "answer",
    "message_shape",
    "number",
    "one_of",
    "read_json",
    "visitor_conversation",
    "whole",
]
