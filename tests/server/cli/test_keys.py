import json

from tenure_policies.envelope import read_unverified
from tenure_policies.payloads import KeysDocument, Role
from tenure_server.cli.key_options import read_document

SERVER = "https://tenure.example"


def change(town, *words, code=0, out="next.json"):
    return town.run(
        "keys", "change", "--server", SERVER, "--root-key", town.folder / "root.pem", *words,
        "--out", town.folder / out, code=code,
    )  # fmt: skip


def test_the_keys_show_who_may_sign_what(town):
    shown = town.run("keys", "show", "--server", SERVER).stdout
    assert "kuntala  1  production" in shown
    town.ceremony()
    found = json.loads(town.run("keys", "show", "--server", SERVER, "--json").stdout)
    assert (found["number"], found["destruction"], found["roles"]["approve"]["threshold"]) == (2, True, 2)


def test_an_approver_is_added_published_and_waited_for(town):
    town.ceremony()
    town.keygen("deputy")
    change(town, "--add-approver", town.folder / "deputy.pub.pem")
    town.run("keys", "publish", town.folder / "next.json", "--server", SERVER)
    assert json.loads(town.run("keys", "show", "--server", SERVER, "--json").stdout)["number"] == 3
    signer = ("--directory", town.folder / "signer")
    town.run("signer", "run", *signer, "--once")
    found = json.loads(town.run("signer", "status", *signer, "--json").stdout)
    assert found["keys_number"] == 2
    [waiting] = found["waiting_keys"]
    assert (waiting["number"], waiting["needs_old_group"]) == (3, False)
    assert "waiting keys   3" in town.run("signer", "status", *signer).stdout


def test_the_old_group_agrees_to_a_change_of_itself(town):
    town.ceremony("--approver-delay-hours", 0)
    town.keygen("deputy")
    mayor = json.loads(town.run("keys", "show", "--server", SERVER, "--json").stdout)["roles"]["approve"]
    change(
        town, "--add-approver", town.folder / "deputy.pub.pem", "--remove-approver", mayor["keyids"][0][:12]
    )
    for name, before, after in (("mayor", "next", "once"), ("clerk", "once", "twice")):
        town.run(
            "approve", "keys", town.folder / f"{before}.json", "--key", town.folder / f"{name}.pem",
            "--out", town.folder / f"{after}.json", "--yes",
        )  # fmt: skip
    town.run("keys", "publish", town.folder / "twice.json", "--server", SERVER)
    town.run("signer", "run", "--directory", town.folder / "signer", "--once")
    found = json.loads(town.run("signer", "status", "--directory", town.folder / "signer", "--json").stdout)
    assert found["keys_number"] == 3


def test_a_group_that_would_be_too_small_is_refused(town):
    town.ceremony()
    keys = json.loads(town.run("keys", "show", "--server", SERVER, "--json").stdout)
    result = change(town, "--remove-approver", keys["roles"]["approve"]["keyids"][0], code=1)
    assert "needs two people" in result.stderr
    assert not (town.folder / "next.json").exists()


def test_an_approver_who_is_not_named_clearly_is_told(town):
    town.ceremony()
    assert "names 0 approvers" in change(town, "--remove-approver", "zz", code=2).stderr
    assert "names 2 approvers" in change(town, "--remove-approver", "", code=2).stderr


def test_a_change_of_nothing_is_told(town):
    assert "Nothing to change" in change(town, code=2).stderr


def test_the_root_key_is_replaced_by_old_and_new_together(town):
    town.keygen("heir")
    change(town, "--new-root", town.folder / "heir.pem")
    document = read_document(town.folder / "next.json")
    assert len(document.signatures) == 2
    assert len(read_unverified(document, KeysDocument).roles[Role.ROOT].keyids) == 1
    town.run("keys", "publish", town.folder / "next.json", "--server", SERVER)


def test_the_directive_key_is_replaced_by_root(town):
    town.keygen("directive")
    change(town, "--directive", town.folder / "directive.pub.pem")
    town.run("keys", "publish", town.folder / "next.json", "--server", SERVER)


def test_a_document_that_root_did_not_sign_is_refused_by_the_server(town):
    town.ceremony()
    signed = json.loads((town.folder / "signer" / "next-keys.json").read_text())
    signed["signatures"] = []
    (town.folder / "forged.json").write_text(
        json.dumps(signed | {"payload": signed["payload"][:-4] + "AAA="})
    )
    result = town.run("keys", "publish", town.folder / "forged.json", "--server", SERVER, code=1)
    assert "refused" in result.stderr


def test_server_or_file_must_be_named(town):
    assert "--server or --keys" in town.run("keys", "show", code=2).stderr


def test_a_document_is_carried_to_the_signer_when_the_old_group_signs_late(town):
    town.ceremony("--approver-delay-hours", 0)
    town.keygen("deputy")
    keys = json.loads(town.run("keys", "show", "--server", SERVER, "--json").stdout)
    leaving = keys["roles"]["approve"]["keyids"][0]
    change(town, "--add-approver", town.folder / "deputy.pub.pem", "--remove-approver", leaving)
    town.run("keys", "publish", town.folder / "next.json", "--server", SERVER)
    signer = ("--directory", town.folder / "signer")
    result = town.run("signer", "keys", *signer, town.folder / "next.json", code=1)
    assert "does not follow keys document 3 yet" in result.stderr
    for name, before, after in (("mayor", "next", "once"), ("clerk", "once", "twice")):
        town.run(
            "approve", "keys", town.folder / f"{before}.json", "--key", town.folder / f"{name}.pem",
            "--out", town.folder / f"{after}.json", input="y\n",
        )  # fmt: skip
    result = town.run("signer", "keys", *signer, town.folder / "twice.json")
    assert "follows keys document 3" in result.stderr
