"""Frontdesk: a hub for customer service made of plugins. These are the names for plugin authors."""

# ruff: noqa: I001 - several names a line

from hub.context import Context
from hub.errors import (
    AuthFailed, Busy, ConfigError, Conflict, HubError, NotReady, PluginError, Problem, Refused, Rejected,
    StoreUnavailable, Unsupported,
)
from hub.families import ClaimOffer, CustomerCard, Panel, PanelItem, Suggestion, SurveyAnswer, SurveyOffer
from hub.hooks import hookimpl
from hub.intents import (
    Answer, AssignAgent, AssignBot, Close, HandOver, Intent, Schedule, Send, SetAttributes, Tag, Turn, say,
)
from hub.message import (
    Body, Button, Buttons, Card, Choice, Element, File, Image, Location, Mention, Quote, Text, Video, Visitor,
    Voice, files_of, plain_text,
)
from hub.plugin import (
    Accepted, Allowance, Bot, Channel, Crm, Inbound, Limits, MediaStore, Outbound, Plugin, PluginConfig, Sender, Sent, Survey,
)
from hub.records import Agent, Attachment, Author, Conversation, Event, Identity, Leg, Message, Person
from hub.sentences import worded
from hub.version import VERSION
from hub.written import Duration, LocalText, OptionalText, Size, in_language

__version__ = VERSION

__all__ = [
    "Accepted", "Agent", "Allowance", "Answer", "AssignAgent", "AssignBot", "Attachment", "AuthFailed", "Author", "Body", "Bot",
    "Busy", "Button", "Buttons", "Card", "Channel", "Choice", "ClaimOffer", "Close", "ConfigError", "Conflict", "Context",
    "Conversation", "Crm", "CustomerCard", "Duration", "Element", "Event", "File", "HandOver", "HubError", "Identity", "Image",
    "Inbound", "Intent", "Leg", "Limits", "LocalText", "Location", "MediaStore", "Mention", "Message", "NotReady",
    "OptionalText", "Outbound", "Panel", "PanelItem", "Person", "Plugin", "PluginConfig", "PluginError", "Problem", "Quote",
    "Refused", "Rejected", "Schedule", "Send", "Sender", "Sent", "SetAttributes", "Size", "StoreUnavailable", "Suggestion",
    "Survey", "SurveyAnswer", "SurveyOffer", "Tag", "Text", "Turn", "Unsupported", "Video", "Visitor", "Voice", "files_of",
    "hookimpl", "in_language", "plain_text", "say", "worded",
]
