"""fields.yaml: the fields of a document processor, their types, labels and checks, read without any parser's code."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

FieldType = Literal[
    "text", "date", "money", "integer", "number", "percent", "tax_number", "iban", "phone", "email", "url", "address",
    "name", "identity_number", "table",
]  # fmt: skip
Check = Literal["positive", "past", "future", "check_digit", "not_negative"]
Place = Literal["same", "right", "below"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
RULE = re.compile(r"^[\w.() ]+(?:[+*/-][\w.() ]+)*(?:=|<=|>=|<|>)[\w.() ]+(?:[+*/-][\w.() ]+)*$")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSpec(_Strict):
    """One field. `labels` are the printed words left of or above the value, by language, the best first; `unless` are
    words in the same row that make a label mean something else. `role` names what the field means to machines
    (e-invoice XML, QR codes, machine-readable zones) when its name does not say it."""

    name: Name
    type: FieldType = "text"
    role: str = ""
    labels: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    unless: tuple[str, ...] = ()
    where: tuple[Place, ...] = ("same", "right", "below")
    pattern: str = Field("", description="a regular expression that the whole value must match")
    required: bool = False
    checks: tuple[Check, ...] = ()
    columns: tuple["FieldSpec", ...] = Field((), description="of a table")
    target: str = Field("", description="name in exports; empty: the field's own")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _columns_of_tables_only(self) -> "FieldSpec":
        if (self.type == "table") != bool(self.columns):
            raise ValueError("columns belong to fields of type table, and every table needs them")
        return self

    @property
    def meaning(self) -> str:
        """Return the role, which is the name unless the file says otherwise."""
        return self.role or self.name

    @property
    def preferences(self) -> dict[str, float]:
        """Return how much each label is preferred: 1 for the first of its language, 0.75 for the last."""
        found: dict[str, float] = {}
        for labels in self.labels.values():
            for place, label in enumerate(labels):
                found[label] = max(found.get(label, 0.0), 1 - 0.25 * place / len(labels))
        return found

    @property
    def words(self) -> tuple[str, ...]:
        """Return the labels of all languages: documents mix them."""
        return tuple(dict.fromkeys(label for labels in self.labels.values() for label in labels))


FACTS = ("document_id", "filename", "document_type", "language", "received_at", "outcome", "score")


class Export(_Strict):
    """What a file of results holds. `columns` in their order are fields, columns of a table (`lines.amount`) and facts
    of the document; empty: its id and all fields. `rows` names a table of which each row is a row of the file."""

    columns: tuple[str, ...] = ()
    values: Literal["normalised", "printed"] = "normalised"
    rows: str = ""


class FieldsFile(_Strict):
    """The whole file. `checks` are equations and orders between fields: `net + vat = total`, `date <= due_date`,
    `sum(lines.amount) = net`. Money is compared to the cent, times a row at most."""

    document_types: tuple[str, ...] = Field(min_length=1)
    fields: tuple[FieldSpec, ...] = Field(min_length=1)
    checks: tuple[str, ...] = ()
    export: Export = Export()

    @field_validator("checks")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for rule in value:
            if not RULE.match(rule):
                raise ValueError(f"cannot read the check {rule!r}, write it like 'net + vat = total'")
        return value

    @model_validator(mode="after")
    def _names_are_known_and_unique(self) -> "FieldsFile":
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the field {twice[0]!r} is there twice")
        known = {*names, *(f"{field.name}.{column.name}" for field in self.fields for column in field.columns), "sum"}
        for rule in self.checks:
            for word in re.findall(r"[a-z_][\w.]*", rule):
                if word not in known:
                    raise ValueError(f"the check {rule!r} names the unknown field {word!r}")
        tables = {field.name for field in self.fields if field.type == "table"}
        if self.export.rows and self.export.rows not in tables:
            raise ValueError(f"export.rows names {self.export.rows!r}, which is no table")
        for column in self.export.columns:
            if column not in known | set(FACTS) or ("." in column and column.split(".")[0] != self.export.rows):
                raise ValueError(f"export.columns names {column!r}: no field, no fact ({', '.join(FACTS)})")
        return self
