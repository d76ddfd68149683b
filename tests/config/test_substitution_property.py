"""Filling in variables, for any text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.config.substitution import Substitution
from hub.config.tree import Place

PLACE = Place("hub.yaml")
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
environments = st.dictionaries(names, st.text(max_size=8), max_size=4)
plain = st.text(max_size=10).filter(lambda text: "$" not in text)
defaults = plain.filter(lambda text: "}" not in text)

piece = st.one_of(
    plain.map(lambda text: ("plain", text, "")),
    names.map(lambda name: ("variable", name, "")),
    st.tuples(st.just("default"), names, defaults),
    st.just(("escaped", "", "")),
)


def written(kind: str, name: str, default: str) -> str:
    return {"plain": name, "variable": f"${{{name}}}", "default": f"${{{name}:-{default}}}", "escaped": "$${"}[kind]


def expected(env: dict[str, str], kind: str, name: str, default: str) -> str:
    match kind:
        case "plain":
            return name
        case "escaped":
            return "${"
        case "variable":
            return env.get(name, "")
    return env.get(name) or default


@given(environments, st.lists(piece, max_size=6))
def test_each_part_becomes_what_it_stands_for(env: dict[str, str], pieces: list[tuple[str, str, str]]) -> None:
    value = Substitution(env).text("".join(written(*one) for one in pieces), PLACE)
    assert value.data == "".join(expected(env, *one) for one in pieces)
    unset = [one for one in pieces if one[0] == "variable" and one[1] not in env]
    assert len(value.faults) == len(unset)
    # What came from outside is known as a secret, so that no message shows it.
    taken = {env.get(name, "") for kind, name, _ in pieces if kind in ("variable", "default")}
    assert set(value.secrets) == taken - {""}


@given(environments, st.text(max_size=40))
def test_any_text_is_filled_in_or_told_to_be_wrong(env: dict[str, str], text: str) -> None:
    value = Substitution(env).text(text, PLACE)
    if "${" not in text:
        assert value.data == text
        assert not value.faults
    assert isinstance(value.data, str)


@given(environments, st.text(max_size=20))
def test_what_a_variable_holds_is_not_filled_in_again(env: dict[str, str], held: str) -> None:
    value = Substitution({**env, "HELD": held}).text("<${HELD}>", PLACE)
    assert value.data == f"<{held}>"
