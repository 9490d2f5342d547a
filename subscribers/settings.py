"""The settings of this package."""

from __future__ import annotations

from typing import Any

from huabao.settings import Setting
from subscribers import contacts
from subscribers.handset_classes import DEFAULT_HANDSET_CLASS
from subscribers.offers import orders
from subscribers.orders import settings as numbers

SETTINGS: tuple[Setting[Any], ...] = (DEFAULT_HANDSET_CLASS, *contacts.SETTINGS, *orders.SETTINGS, *numbers.SETTINGS)
