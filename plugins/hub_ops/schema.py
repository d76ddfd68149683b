"""The JSON schema of the whole document with all plugins, for editors (`hub schema`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub import Plugin
from hub.commands import HubConfig

_VALUES: Final = frozenset({"default", "const", "enum", "examples", "required", "propertyNames"})
_SCALARS: Final = frozenset({"integer", "number", "boolean"})
VARIABLE: Final = {"type": "string", "pattern": r"\$\{"}


def json_schema(plugins: Mapping[str, type[Plugin[Any]]]) -> dict[str, Any]:
    """A JSON schema (draft 2020-12) of the document. Each plugin's ``config`` is described by its own model.

    Wherever a number or a fixed word is wanted, a text with ``${VARIABLE}`` is right as well.
    """
    schema = HubConfig.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    entry = definitions["PluginEntry"]
    entry["allOf"] = [_config_of(name, plugin, definitions) for name, plugin in sorted(plugins.items())]
    schema["properties"]["include"] = {
        "description": "Files whose content comes before this one's, relative to this file.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    for name in plugins:
        # A section named after a plugin is short for an entry of `plugins`.
        if name not in schema["properties"]:
            about = f"The plugin {name}, as an entry of `plugins` says it as well."
            schema["properties"][name] = {"$ref": f"#/$defs/{name}.config", "description": about}
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_with_variables(schema, top=True)}
    whole["title"] = "Frontdesk hub"
    # Names for completion; another installation may know more plugins than this one.
    entry = whole["$defs"]["PluginEntry"]
    entry["properties"]["use"] = {"anyOf": [{"enum": sorted(plugins)}, {"type": "string", "minLength": 1}]}
    return whole


def _config_of(name: str, plugin: type[Plugin[Any]], definitions: dict[str, Any]) -> dict[str, Any]:
    """The rule "where `use` is `name`, `config` is this", the plugin's definitions kept apart from all others."""
    config = plugin.Config.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    for inner, definition in config.pop("$defs", {}).items():
        definitions[f"{name}.{inner}"] = definition
    definitions[f"{name}.config"] = config
    wanted: dict[str, Any] = {"properties": {"config": {"$ref": f"#/$defs/{name}.config"}}}
    if config.get("required"):
        wanted["required"] = ["config"]
    return {"if": {"properties": {"use": {"const": name}}, "required": ["use"]}, "then": wanted}


def _with_variables(schema: Any, *, top: bool = False) -> Any:
    """The schema with a text that holds a variable allowed for each scalar that is not just any text."""
    if isinstance(schema, list):
        return [_with_variables(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: value if key in _VALUES else _inside(key, value) for key, value in schema.items()}
    narrow = schema.get("type") in _SCALARS or "enum" in schema
    if schema.get("type") == "string":
        narrow = any(key in schema for key in ("enum", "pattern", "format", "minLength", "maxLength"))
    if not narrow or top:
        return inner
    kept = {key: inner.pop(key) for key in ("title", "description", "default") if key in inner}
    return {**kept, "anyOf": [inner, VARIABLE]}


def _inside(key: str, value: Any) -> Any:
    """Schemas by name are no schema themselves; the condition of a rule stays as it is."""
    if key in ("properties", "$defs", "patternProperties"):
        return {name: _with_variables(inner) for name, inner in value.items()}
    return value if key == "if" else _with_variables(value)
