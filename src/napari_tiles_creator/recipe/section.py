"""The base of all sections, and how a rule of theirs names its field."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Frozen settings that know no unknown field; each field's description feeds tooltips, help and docs."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FieldRuleError(ValueError):
    """A rule over several fields is broken: raised in a validator, told at the field that can mend it.

    Parameters
    ----------
    field : str
        Name relative to the model whose validator raises, dotted where it lies deeper.
    message : str
        The value that was met and what is allowed.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)
