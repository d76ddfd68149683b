"""Writes docs/hooks.md from hub/hooks.py; a test compares the file with what this prints."""

from __future__ import annotations

import inspect
from pathlib import Path

from hub.hooks import Hooks, hook_names, rules_of

HEAD = """# The hooks

Made from `hub/hooks.py` by `python docs/generate_hooks.py`. A plugin implements a hook by an `async def` method of the same
name, marked with `@hookimpl` (`from hub import hookimpl`); it may leave out arguments it does not need. Instances are
called in the order of the YAML, those that say `@hookimpl(tryfirst=True)` before the others, `trylast=True` after them. What
a leg, a dead letter or a filter is: [concepts](concepts.md).

| mode | what happens | what comes back |
| --- | --- | --- |
| notify | everybody is told, in order | nothing |
| collect | everybody is asked | a list of the answers that are not None |
| first | asked in order until somebody answers | that answer, or None |
| fold | each gets what the one before returned | the last value; None means unchanged |

`deadline` is seconds for one implementation; after it the call is cancelled and counted as a failure. `on_error` says whether the
others go on without the one that failed (`skip`) or the whole call fails (`stop`). Five failures in a row suspend an instance; it
is tried again after a growing wait.
"""


def render() -> str:
    """The whole page."""
    parts, family = [HEAD], ""
    for name in hook_names():
        rules, function = rules_of(name), getattr(Hooks, name)
        if rules.family != family:
            family = rules.family
            parts.append(f"\n## {family[0].upper()}{family[1:]}\n")
        signature = str(inspect.signature(function)).replace("(self, ", "(").replace("(self)", "()").replace("'", "")
        facts = f"mode `{rules.mode}` · deadline {rules.deadline:g} s · on_error `{rules.on_error}`"
        parts.append(f"\n### {name}\n\n```python\nasync def {name}{signature}\n```\n\n{facts}\n\n{inspect.getdoc(function)}\n")
    return "".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("hooks.md").write_text(render(), encoding="utf-8")
