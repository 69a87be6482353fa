"""A wrong fields.yaml is refused with the line at fault."""

import pytest

from agents import yaml_errors
from agents.fields_file import FieldsFile

GOOD = """\
document_types: [invoice]
fields:
  - name: net
    type: money
    labels: {en: [Net, Subtotal], vi: [Tiền hàng]}
  - name: total
    type: money
  - name: lines
    type: table
    columns:
      - {name: amount, type: money}
checks:
  - sum(lines.amount) = net
"""


def test_a_good_file_is_read() -> None:
    file = yaml_errors.parse(FieldsFile, GOOD)
    assert file.fields[0].words == ("Net", "Subtotal", "Tiền hàng")
    assert file.fields[0].preferences == {"Net": 1.0, "Subtotal": 0.875, "Tiền hàng": 1.0}
    assert file.fields[1].meaning == "total"


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("type: money\n    labels", "type: mony\n    labels", 4, "did you mean 'money'"),
        ("labels:", "label:", 5, "unknown key"),
        ("name: total", "name: net", 1, "there twice"),
        ("= net", "= nett", 1, "unknown field 'nett'"),
        ("sum(lines.amount) = net", "net plus vat", 12, "cannot read the check"),
        ("    columns:\n      - {name: amount, type: money}\n", "", 8, "every table needs them"),
        ("type: money\n    labels", "pattern: '(['\n    labels", 4, "not a regular expression"),
    ],
)
def test_a_wrong_file_names_the_line(before: str, after: str, line: int, message: str) -> None:
    assert before in GOOD
    with pytest.raises(yaml_errors.Invalid) as refused:
        yaml_errors.parse(FieldsFile, GOOD.replace(before, after, 1))
    fault = refused.value.faults[0]
    assert message in fault.message
    assert fault.line == line
