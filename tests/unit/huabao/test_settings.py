"""A setting's text becomes its type, inside its bounds, or is refused by name."""

import pytest

from huabao.errors import UsageError
from huabao.settings import Setting

WAIT = Setting("wait_s", 10.0, "s", "How long.", minimum=0, maximum=60)
NAME = Setting("greeting", "hello", "", "What to say.")
FLAG = Setting("loud", False, "", "Whether to shout.")


def test_types() -> None:
    assert WAIT.parse("2.5") == 2.5
    assert NAME.parse(" 您好 ") == " 您好 "
    assert FLAG.parse("yes") is True
    assert FLAG.parse("no") is False


@pytest.mark.parametrize("text", ["soon", "-1", "61"])
def test_refusals_name_the_setting(text: str) -> None:
    with pytest.raises(UsageError, match="wait_s"):
        WAIT.parse(text)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="wait_s"):
        WAIT.parse(text)


@pytest.mark.parametrize("text", ["maybe", ""])
def test_a_switch_is_on_or_off(text: str) -> None:
    with pytest.raises(UsageError, match="loud"):
        FLAG.parse(text)


def test_a_text_may_have_choices() -> None:
    colour = Setting("colour", "red", "", "Which.", choices=("red", "blue"))
    assert colour.parse("blue") == "blue"
    with pytest.raises(UsageError, match="colour is one of red, blue; 'green' is none"):
        colour.parse("green")
