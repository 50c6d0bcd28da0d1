import pytest
from jinja2 import UndefinedError

from artificial_genomes.core.templates import render


@pytest.fixture
def template(tmp_path):
    def of(name):
        path = tmp_path / name
        path.write_text('{% for word in words %}\n- {{ word }}\n{% endfor %}\n{% include "end.txt" %}\n')
        (tmp_path / "end.txt").write_text("{ < }\n")
        return path

    return of


def test_values_are_escaped_within_html_alone(template):
    words = ["a & b", "c"]
    assert render(template("card.md.j2"), words=words) == "- a & b\n- c\n{ < }\n"
    assert render(template("report.html.j2"), words=words) == "- a &amp; b\n- c\n{ < }\n"


def test_a_value_that_is_not_given_is_a_defect(template):
    with pytest.raises(UndefinedError, match="words"):
        render(template("card.md.j2"))
