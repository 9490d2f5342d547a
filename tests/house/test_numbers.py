"""Every column that holds a number says what becomes of it when the number goes to another person.

A new owner of a number inherits nothing, and who changes his number takes all along. A column that stands in no line here
may do either; say which it is, and test it.
"""

from __future__ import annotations

import re

from sqlalchemy import Column, String

from console.registry import import_models
from huabao.db import Base

READER = "it leads to its reader, by his id"
OWNER = "asked with `orders.owners`: what was written down before the number was given up is not the next owner's"
BOOK = "`subscribers.orders` moves it along or ends it"
NUMBER = "the number is meant, whoever has it"

RULES = {
    "readers.msisdn": (BOOK, "a number that is given up is taken from its reader"),
    "reader_numbers.msisdn": (BOOK, "the book itself"),
    "awaited_changes.msisdn": (BOOK, "goes along with a number change, ends with a transfer"),
    "awaited_changes.new_msisdn": (NUMBER, "of a change that will give it to him"),
    "awaited_changes.fee_msisdn": (NUMBER, "who pays is BOSS's word, and BOSS says when it is another"),
    "subscriptions.fee_msisdn": (NUMBER, "likewise"),
    "subscription_events.fee_msisdn": (NUMBER, "likewise, as it was told"),
    "blacklist_entries.msisdn": (OWNER, "binds who had the number when it was listed, under whatever number he has now"),
    "seeds.msisdn": (OWNER, "a phone of the house that was given away is no seed any more"),
    "users.msisdn": (NUMBER, "the account's own phone, set by who has the account; what is sent there is a try of the house"),
    "quiz_answers.msisdn": (READER, "of a number that was no reader's the number itself, and no later reader's"),
    "complaints.msisdn": (READER, "only of a number that was no reader's then"),
    "delivery_events.number": (READER, "found through the submission's readers and the instant; the text of the report stays as it came"),
    "delivery_events.sender": (READER, "likewise"),
    "inbound_messages.sender": (NUMBER, "as it came; asked only together with an instant after the question, the stop or the repetition that it may answer"),
    "inbound_messages.recipient": (NUMBER, "as it came: our own short number"),
    "reader_replies.number": (NUMBER, "answers a text minutes ago; stale ones are never sent"),
    "misc_asked.msisdn": (NUMBER, "a request under way, matched with the call that comes of it"),
    "reconcile_differences.msisdn": (NUMBER, "what three sides say of a number today; it ends when they agree"),
    "outbound_requests.payload": (OWNER, "what left under a number that is another's by now is a person's (`outbox.store.is_anothers`)"),
    "refunds.payer": (OWNER, "a list for BOSS's people names no number that went to another since the month that it paid for"),
    "applied_transactions.before": (READER, "a payer as he was, for `undo`"),
}

LOOKS_LIKE_ONE = re.compile(r"msisdn|number|phone|sender|recipient|payer|mobile|caller|subscriber")
NO_NUMBERS = {"editions.number": "of an edition", "subscriptions.payer_source": "who told of him"}


def _holds_numbers(column: Column[object]) -> bool:
    name = f"{column.table.name}.{column.name}"
    if name in NO_NUMBERS or not isinstance(column.type, String) or (column.primary_key and column.name == "name"):
        return False
    return bool(LOOKS_LIKE_ONE.search(column.name)) or column.type.length == 11


def test_every_column_of_numbers_says_what_becomes_of_it() -> None:
    import_models()
    columns = {f"{one.table.name}.{one.name}": one for table in Base.metadata.tables.values() for one in table.columns}
    found = {name for name, one in columns.items() if _holds_numbers(one)}
    assert found - RULES.keys() == set(), "what becomes of it when the number is given to another? say so here and test it"
    assert (RULES.keys() | NO_NUMBERS.keys()) - columns.keys() == set(), "no such column any more"
