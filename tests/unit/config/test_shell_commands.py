"""The commands of the rules: what a user names reaches the programs as it is, whatever characters it has."""

import re

import pytest

from helpers import directives, rules

# Numbers: of Snakemake, or of digits alone by the constraints of the wildcards.
NUMBERS = r"threads|resources\.\w+|wildcards\.(seed|window)"

COMMANDS = {name: directives(body)["shell"] for name, body in rules().items()}


@pytest.mark.parametrize("rule", COMMANDS)
def test_whatever_is_no_number_is_quoted(rule):
    placeholders = re.findall(r"\{([^{}]+)\}", COMMANDS[rule])
    assert placeholders
    bare = [name for name in placeholders if not name.endswith(":q") and not re.fullmatch(NUMBERS, name)]
    assert not bare, f"write {{{bare[0]}:q}}"


def test_no_rule_quotes_by_hand():
    assert not [rule for rule, command in COMMANDS.items() if "'" in command]
