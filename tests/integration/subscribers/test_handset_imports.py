"""Every form of handset data through `handsets import`, into models, classes and readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers import handsets
from subscribers.imports import import_readers
from subscribers.imports.handsets import import_handsets
from subscribers.models import Reader
from tests.command_line import CLI
from tests.unit.subscribers.capabilities.test_sources import BUILDERS, DEVICES, UAPROF

WURFL = (
    "id,fall_back,brand_name,model_name,resolution_width,resolution_height,mms_max_size,mms_jpeg_baseline,mms_gif_static,mms_png,receiver\n"
    "k1,x,Kranich,Q5,176,220,51200,true,true,true,true\nk2,x,Kranich,Q5,176,220,40960,true,true,true,true\nr1,x,Reiher,R-1,480,800,614400,true,true,true,true\n"
)
TACS = (
    b"A licence of its own\r\ntac,name,name,contributor,comment,gsmarena,gsmarena,aka\r\n"
    + '35000001,Kranich,Q5,Zoé,,,,"A1,A2"\r\n1000002,Reiher,"R1,x,,,,\r\n'.encode()
    + b"35000003,Reiher,R\xff1,x,,,,\r\n35000004,Nobody,N1,x,,,,\r\n35000005,Reiher,Zzz,x,,,,R1\r\n"
)
READERS = """msisdn,handset,imei
13800000001,kranich q-5,
13800000002,,350000011234567
13800000003,R1,350000011234567
13800000004,Unknown 9,350000051234567
13800000005,300kb-320x480,
13800000006,,350000041234567
13800000007,,
"""


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def readers(runtime: Runtime) -> dict[str, tuple[str | None, str | None]]:
    with runtime.transaction(read_only=True) as session:
        return {row.msisdn[-1]: (row.handset_model, row.handset_class) for row in session.query(Reader)}


WANTED = {
    "1": ("Kranich Q5", "30kb-128x160"),
    "2": ("Kranich Q5", "30kb-128x160"),
    "3": ("Reiher R-1", "600kb-480x800"),
    "4": ("Reiher R-1", "600kb-480x800"),
    "5": (None, "300kb-320x480"),
    "6": ("Nobody N1", None),
    "7": (None, None),
}


def test_sources_come_together_in_one_model(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    assert cli("handsets", "import", write(tmp_path / "w.csv", WURFL), "--json").json["added"] == 2
    shown = cli("handsets", "show", "Q5", "--json").json
    assert (shown["model"], shown["handset_class"], shown["values"]["mms_max_bytes"]) == ("Kranich Q5", "30kb-128x160", {"value": 40960, "source": "wurfl"})
    assert shown["values"]["charsets"] == {"value": ["utf-8"], "source": "filled by class"}
    said = cli("handsets", "import", write(tmp_path / "q5.rdf", UAPROF), "--json").json
    assert (said["form"], said["added"], said["changed"]) == ("uaprof", 0, 1)
    shown = cli("handsets", "show", "kranich q5", "--json").json
    assert shown["values"]["mms_max_bytes"] == {"value": 102400, "source": "uaprof"}
    assert (shown["handset_class"], shown["class_by"]) == ("30kb-128x160", "rule: shows no PNG")
    said = cli("handsets", "import", write(tmp_path / "d.xml", DEVICES), "--json").json
    assert (said["added"], said["changed"]) == (1, 1)
    assert cli("handsets", "show", "quell", "--json").json["model"] == "Kranich Q5"
    assert cli("handsets", "import", write(tmp_path / "b.xml", BUILDERS), "--json").json["rejected"] == 0
    for name in ("w.csv", "q5.rdf", "d.xml", "b.xml"):
        again = cli("handsets", "import", tmp_path / name, "--json").json
        assert (again["added"], again["changed"]) == (0, 0)
    given = cli("handsets", "import", write(tmp_path / "own.csv", "model,handset_class,slides_max\nq5,50kb-176x220,12\n"), "--json").json
    assert (given["added"], given["changed"], given["form"]) == (0, 1, "csv")
    shown = cli("handsets", "show", "Kranich Q5", "--json").json
    assert (shown["handset_class"], shown["class_by"], shown["values"]["slides_max"]) == ("50kb-176x220", "given by import", {"value": 12, "source": "csv"})


def test_readers_are_found_by_any_name_and_by_imei(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    import_readers(runtime, write(tmp_path / "r.csv", READERS), by="li")
    assert readers(runtime)["2"] == (None, None)
    import_handsets(runtime, write(tmp_path / "w.csv", WURFL), by="li")
    outcome, changed = import_handsets(runtime, write(tmp_path / "t.csv", TACS), by="li")
    assert (outcome.form, outcome.read, outcome.added, outcome.rejected, changed) == ("tac", 5, 3, 2, 3)
    assert "13800" not in (tmp_path / "t.rejected.csv").read_text("utf-8", "surrogateescape")
    assert readers(runtime) == WANTED
    assert import_handsets(runtime, tmp_path / "t.csv", by="li")[1] == 0
    found = cli("handsets", "list", "--share", "--json").json
    assert found["readers"] == 7
    assert [(row["handset"], row["readers"]) for row in found["handsets"]][:2] == [("Kranich Q5", 2), ("Reiher R-1", 2)]
    assert sum(row["share"] for row in found["handsets"]) == pytest.approx(1)
    assert found["handsets"][-1]["share_up_to_here"] == pytest.approx(1)
    assert len(cli("handsets", "list", "--share", "--limit", 2, "--json").json["handsets"]) == 2


def test_readers_imported_later_are_found_at_once(runtime: Runtime, tmp_path: Path) -> None:
    import_handsets(runtime, write(tmp_path / "w.csv", WURFL), by="li")
    import_handsets(runtime, write(tmp_path / "t.csv", TACS), by="li")
    import_readers(runtime, write(tmp_path / "r.csv", READERS), by="li")
    assert readers(runtime) == {**WANTED, "6": ("Nobody N1", None)}
    import_readers(runtime, write(tmp_path / "s.csv", "msisdn,imei\n13800000003,350000011234567\n13800000007,350000011234567\n"), by="li")
    found = readers(runtime)
    assert found["3"] == WANTED["3"]  # another IMEI is a hint, no proof
    assert found["7"] == WANTED["1"]


def test_the_operators_own_rules(runtime: Runtime, cli: CLI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_readers(runtime, write(tmp_path / "r.csv", READERS), by="li")
    import_handsets(runtime, write(tmp_path / "w.csv", WURFL), by="li")
    own = tmp_path / "handsets"
    own.mkdir()
    monkeypatch.setenv("HUABAO_HANDSETS_DIR", str(own))
    write(own / "class_rules.toml", '[[rule]]\nname = "all small"\nclass = "50kb-176x220"\nwhen = { brand = "reiher" }\n')
    assert cli("handsets", "rules", "--json").json["rules"] == [{"name": "all small", "handset_class": "50kb-176x220", "when": {"brand": "reiher"}}]
    assert cli("handsets", "classify", "--json").json == {"models": 2, "readers": 2}
    assert cli("handsets", "show", "R1", "--json").json["class_by"] == "rule: all small"
    assert (readers(runtime)["1"], readers(runtime)["3"]) == (("Kranich Q5", None), ("Reiher R-1", "50kb-176x220"))
    write(own / "class_rules.toml", '[[rule]]\nname = "x"\nclass = "none"\nwhen = {}\n')
    assert "rule 1 (x): class is one of" in cli("handsets", "classify", code=2).err
    assert "class is one of" in cli("handsets", "rules", "--check", own / "class_rules.toml", code=2).err


@pytest.mark.parametrize(("data", "wanted"), [(b"a,b\n1,2\n", "--form"), (b"<a/>", "--form"), (b"", "--form"), (b"L\ntac,x\n1,2\n", "no TAC list"), (b"<RDF/>", "without a Model")])
def test_a_file_of_no_form_is_refused_whole(sqlite_runtime: Runtime, tmp_path: Path, data: bytes, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        import_handsets(sqlite_runtime, write(tmp_path / "x", data), by="li")


def test_the_real_tables(sqlite_runtime: Runtime, samples: Path, tmp_path: Path) -> None:
    runtime, devices = sqlite_runtime, samples / "devices"
    for name, first in (("wurfl-2011-05-capabilities.csv", "id,"), ("uaprof-index.csv", "file,")):
        lines = (devices / name).read_text("utf-8").splitlines(keepends=True)
        path = write(tmp_path / name, "".join(line for line in lines if line.startswith(first) or "nokia" in line.lower()))  # the whole takes seconds
        outcome, _ = import_handsets(runtime, path, by="li")
        assert outcome.rejected == 0
        assert outcome.added > 100
    outcome, _ = import_handsets(runtime, write(tmp_path / "tac.csv", (devices / "tac" / "osmocom-tacdb.csv").read_bytes()), by="li")
    assert outcome.added > 25_000
    assert outcome.rejected < 5
    with runtime.transaction(read_only=True) as session:
        found = handsets.find_handset(session, "N73")
        assert found is not None
        assert (found.model, found.handset_class) == ("Nokia N73", "100kb-240x320")
        assert set(found.records) == {"wurfl", "uaprof-index"}
        known = handsets.resolver(session)
        assert known.resolve(None, "351851010000000").model == "Nokia N73"


def test_the_real_openddr(sqlite_runtime: Runtime, samples: Path) -> None:
    devices, _ = import_handsets(sqlite_runtime, samples / "devices" / "openddr" / "DeviceDataSource.xml", by="li")
    assert (devices.form, devices.added > 2_000) == ("openddr", True)
    names, _ = import_handsets(sqlite_runtime, samples / "devices" / "openddr" / "BuilderDataSource.xml", by="li")
    assert names.added > 100
