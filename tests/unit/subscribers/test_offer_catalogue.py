"""The catalogue of services: what ships, what is refused and with which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import UsageError
from subscribers.offers.catalogue import Catalogue, parse_catalogue, shipped_text
from subscribers.offers.services import choose

SERVICE = '[[service]]\nslug = "fetion"\ntitle = "飞信"\n'
PACKAGE = '[[package]]\nslug = "chat"\ntitle = "畅聊"\nattribute_class = "F"\nservices = ["fetion"]\n'

BY_CLASS = {
    "A": ("畅享体验组合1", "139邮箱、飞信、号簿管家、新闻周刊、无线音乐俱乐部"),
    "B": ("畅游体验组合", "12580生活播报、飞信、139邮箱、号簿管家"),
    "C": ("畅阅体验组合1", "号簿管家、139邮箱、掌握生活、飞信"),
    "D": ("畅享体验组合2", "无线音乐俱乐部、飞信、139邮箱、号簿管家、12580生活播报"),
    "E": ("畅阅体验组合2", "飞信、139邮箱、体育新闻"),
    "F": ("畅聊体验组合", "飞信、体育短新闻"),
}


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return parse_catalogue(shipped_text(), "catalogue.toml")


@pytest.mark.parametrize("name", BY_CLASS)
def test_the_six_packages_of_the_province(shipped: Catalogue, name: str) -> None:
    found = shipped.package_of(name)
    assert found is not None
    assert (found.title, "、".join(shipped.services[one].title for one in found.services)) == BY_CLASS[name]


def test_a_reader_of_no_class_is_an_ordinary_one(shipped: Catalogue) -> None:
    assert shipped.package_of(None) is shipped.package_of("F")


def test_what_ships_is_whole(shipped: Catalogue) -> None:
    assert all(one.introduction and one.introduction_en and one.title_en for one in shipped.services.values())
    assert all(one.charge == "monthly" for one in shipped.services.values() if one.price_fen), "a price is said of what is charged only"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("service = 3\n", "write each service below a line [[service]]"),
        ("[[service]\n", "no TOML"),
        (PACKAGE, "0 entries [[service]]"),
        (SERVICE, "0 entries [[package]]"),
        (SERVICE + SERVICE + PACKAGE, "`slug` stands twice"),
        (SERVICE + SERVICE.replace("fetion", "other") + 'service_id = "fetion"\n' + PACKAGE, "`service_id` stands twice"),
        (SERVICE.replace("fetion", "飞信") + PACKAGE, "use small letters"),
        (SERVICE + 'titel = "x"\n' + PACKAGE, "there is no key `titel`"),
        (SERVICE + "price_fen = 300\n" + PACKAGE, "say `charge` monthly or per-use"),
        (SERVICE + 'price_fen = true\ncharge = "monthly"\n' + PACKAGE, "a whole number of fen"),
        (SERVICE + 'charge = "dear"\n' + PACKAGE, "one of free, monthly"),
        (SERVICE + "trial = 1\n" + PACKAGE, "true or false"),
        (SERVICE + PACKAGE.replace('"F"', '"G"'), "one of A, B, C"),
        (SERVICE + PACKAGE + PACKAGE.replace("chat", "chat-2"), "class F has a package of the province already"),
        (SERVICE + PACKAGE + 'level = "city"\n', "names its `city`"),
        (SERVICE + PACKAGE + 'level = "group"\n', "has a `rule`"),
        (SERVICE + PACKAGE + 'level = "group"\nrule = {field = "age", op = "eq", value = "3"}\n', "age"),
        (SERVICE + PACKAGE.replace('["fetion"]', "[]"), "a list of 1 to 50"),
        (SERVICE + PACKAGE.replace('["fetion"]', '["fetion", "fetion"]'), "stands twice in `services`"),
        (SERVICE + PACKAGE.replace('["fetion"]', '["qq"]'), "there is no service 'qq'"),
        ("x = " + "[" * 100_000, "no TOML"),
        ("#" * 500_000, "longer than"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_catalogue(text, "ours.toml")
    assert str(caught.value).startswith("ours.toml")
    assert said in str(caught.value)


@given(st.sets(st.sampled_from([one for _, names in BY_CLASS.values() for one in names.split("、")])), st.integers(0, 7), st.sampled_from("ABCDEF"))
def test_what_is_held_is_never_offered_and_the_order_stays(held: set[str], limit: int, name: str) -> None:
    catalogue = parse_catalogue(shipped_text(), "catalogue.toml")
    package = catalogue.package_of(name)
    assert package is not None
    holding = {one.service_id for one in catalogue.services.values() if one.title in held}
    shown = [one.title for one in choose(catalogue, [package, package], holding, limit)]
    assert shown == [one for one in BY_CLASS[name][1].split("、") if one not in held][:limit]
