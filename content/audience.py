"""Which signatures the readers of a publication have, counted in the database."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, not_, or_, select, true
from sqlalchemy.orm import Session

from content.models import Publication
from content.services import LoadedVersion
from content.signatures import SignatureRules
from content.variants import Wanted
from huabao.errors import UsageError
from subscribers.blacklists import blacklisted_sql
from subscribers.handset_classes import CANNOT_MMS, DEFAULT_HANDSET_CLASS, handset_class, handset_classes
from subscribers.models import Reader
from subscribers.store import effective_class_sql, no_consent_sql, not_subscribed_sql, stopped_sql


def present(session: Session, publication: Publication, rules: SignatureRules) -> list[Wanted]:
    """Handset class and items of every reader who would be sent the edition, each pair once."""
    handset = effective_class_sql(DEFAULT_HANDSET_CLASS.get(session))
    mask = rules.mask_sql()
    rows = session.execute(select(handset, mask).where(handset.not_in(CANNOT_MMS), wants(publication)).distinct()).all()
    return sorted({(name, rules.items_of(bits)) for name, bits in rows if name in handset_classes()})


def wanted_variants(session: Session, loaded: LoadedVersion, signatures: str, classes: str | None) -> list[Wanted]:
    """Handset class and items of each variant asked for, classes in order of size.

    Args:
        signatures: audience (those of the readers of now; the default and the fullest where there are none), default or all.
        classes: names with commas between them; None for those of the audience.

    Raises:
        UsageError: a class does not exist.
    """
    rules = SignatureRules(loaded.manuscript)
    named = [handset_class(name.strip()).name for name in classes.split(",")] if classes else None
    if named is not None and not named:
        raise UsageError("--classes names no class")
    found = present(session, loaded.publication, rules) if signatures == "audience" else []
    if found:
        pairs = {(name, items) for name in named for _, items in found} if named else set(found)
    else:
        sets = {"audience": (rules.default_items, *rules.fullest), "default": (rules.default_items,), "all": rules.fullest}[signatures]
        pairs = {(name, items) for name in named or handset_classes() for items in sets}
    order = list(handset_classes())
    return sorted(pairs, key=lambda pair: (order.index(pair[0]), pair[1]))


def counted(session: Session, publication: Publication, rules: SignatureRules, among: ColumnElement[bool] | None = None) -> dict[Wanted, int]:
    """How many readers would be sent each pair of handset class and items.

    Readers whose handset takes no MMS stand under `no-mms` or `text-only`: a link or a text is sent to them.

    Args:
        among: a condition over `Reader`; None for all.
    """
    handset = effective_class_sql(DEFAULT_HANDSET_CLASS.get(session))
    mask = rules.mask_sql()
    found: dict[Wanted, int] = {}
    for name, bits, readers in session.execute(select(handset, mask, func.count()).where(wants(publication), true() if among is None else among).group_by(handset, mask)):
        pair = (name, rules.items_of(bits))
        found[pair] = found.get(pair, 0) + readers
    return found


def models(session: Session, publication: Publication, rules: SignatureRules) -> dict[Wanted, dict[str, int]]:
    """How many readers of each pair of handset class and items have which model; without those whose model is not known."""
    handset = effective_class_sql(DEFAULT_HANDSET_CLASS.get(session))
    mask = rules.mask_sql()
    found: dict[Wanted, dict[str, int]] = {}
    known = select(handset, mask, Reader.handset_model, func.count()).where(Reader.handset_model.is_not(None), wants(publication))
    for name, bits, model, readers in session.execute(known.group_by(handset, mask, Reader.handset_model)):
        of_pair = found.setdefault((name, rules.items_of(bits)), {})
        of_pair[str(model)] = of_pair.get(str(model), 0) + readers
    return found


def wants(publication: Publication) -> ColumnElement[bool]:
    """The reader would be sent an edition of this publication, were his handset to take it."""
    if publication.klass == "activity":
        return not_(or_(no_consent_sql(), blacklisted_sql(("marketing",))))
    return not_(or_(not_subscribed_sql(publication.service_id), stopped_sql(publication.service_id)))
