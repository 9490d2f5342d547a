"""Whoever comes after a forgotten reader is nobody's heir."""

from huabao.runtime import Runtime
from subscribers.models import Reader


def test_the_id_of_a_forgotten_reader_is_not_given_again(runtime: Runtime) -> None:
    now = runtime.now()
    ids = []
    for number in ("13800000001", "13800000002"):
        with runtime.transaction() as session:
            reader = Reader(msisdn=number, topics=[], attributes={}, created_at=now, updated_at=now)
            session.add(reader)
            session.flush()
            ids.append(reader.id)
        with runtime.transaction() as session:
            session.delete(session.get_one(Reader, ids[-1]))
    assert ids[0] != ids[1]
