"""Sealed values open only in their own cell, and what people see of personal data is masked."""
import os
import stat

import pytest

from grid321.core import crypto


@pytest.fixture(autouse=True)
def fresh_keys():
    """Each test has keys of its own; those of the application come back."""
    before = list(crypto._present)
    crypto.use(crypto.Keyring.generate())
    yield
    crypto._present[:] = before


def test_a_sealed_text_opens_in_its_own_cell():
    sealed = crypto.seal("13812345678", "core_person", "phone", "u1")
    assert "13812345678" not in sealed
    assert crypto.open_sealed(sealed, "core_person", "phone", "u1") == "13812345678"


@pytest.mark.parametrize("cell", [("core_person", "phone", "u2"), ("core_person", "id_number", "u1"), ("other", "phone", "u1")])
def test_a_sealed_text_that_was_moved_to_another_cell_does_not_open(cell):
    sealed = crypto.seal("13812345678", "core_person", "phone", "u1")
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(sealed, *cell)


@pytest.mark.parametrize("damage", ["", "aes", "aes.k1", "aes.k1.", "aes.k9.AAAA", "rot13.k1.AAAA", "aes.k1.!!", "x" * 200])
def test_nonsense_does_not_open_and_says_nothing_about_why(damage):
    with pytest.raises(crypto.SealBroken, match=r"core_person\.phone does not open"):
        crypto.open_sealed(damage, "core_person", "phone", "u1")


def test_one_changed_character_is_noticed():
    sealed = crypto.seal("610902199003078515", "t", "c", "u")
    for place in range(len("aes.k1."), len(sealed) - 1):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1:]
        with pytest.raises(crypto.SealBroken):
            crypto.open_sealed(changed, "t", "c", "u")


def test_equal_texts_are_sealed_differently():
    assert crypto.seal("张三", "t", "c", "u") != crypto.seal("张三", "t", "c", "u")


def test_after_a_rotation_old_texts_open_and_new_ones_use_the_new_key():
    old = crypto.seal("旧", "t", "c", "u")
    crypto.use(crypto.keyring().rotated())
    new = crypto.seal("新", "t", "c", "u")
    assert new.startswith("aes.k2.")
    assert crypto.open_sealed(old, "t", "c", "u") == "旧"
    assert crypto.needs_resealing(old)
    assert not crypto.needs_resealing(new)


def test_sm4_seals_and_opens_where_the_library_supports_it_and_is_refused_with_a_reason_elsewhere():
    if crypto.supported("sm4"):
        crypto.use(crypto.keyring().rotated("sm4"))
        sealed = crypto.seal("13812345678", "t", "c", "u")
        assert sealed.startswith("sm4.")
        assert crypto.open_sealed(sealed, "t", "c", "u") == "13812345678"
        with pytest.raises(crypto.SealBroken):
            crypto.open_sealed(sealed, "t", "c", "v")
    else:
        with pytest.raises(crypto.KeyProblem, match="unsupported"):
            crypto.keyring().rotated("sm4")


def test_an_unknown_cipher_is_refused_with_the_choices():
    with pytest.raises(crypto.KeyProblem, match="aes"):
        crypto.Keyring.generate("des")


def test_the_blind_index_ignores_how_a_number_is_written():
    assert crypto.blind("138 1234-5678") == crypto.blind("13812345678") == crypto.blind("１３８１２３４５６７８")
    assert crypto.blind("61090219900307851x") == crypto.blind("61090219900307851X")
    assert crypto.blind("13812345678") != crypto.blind("13812345679")


def test_the_blind_index_of_another_installation_differs():
    here = crypto.blind("13812345678")
    crypto.use(crypto.Keyring.generate())
    assert crypto.blind("13812345678") != here


@pytest.mark.parametrize(("kind", "text", "shown"), [
    ("phone", "13812345678", "138****5678"), ("id_number", "610902199003071234", "610902********1234"),
    ("name", "张三", "张*"), ("name", "欧阳修文", "欧***"), ("name", "张", "*"), ("phone", "110", "***"),
    ("id_number", "6109021234", "********"), ("other", "secret", "********"), ("phone", "", ""), ("phone", None, "")])
def test_masks_show_what_everybody_may_see(kind, text, shown):
    assert crypto.mask(kind, text) == shown


def test_the_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "instance" / "keys.json"
    assert crypto.create_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert not crypto.create_keys(path)
    assert path.read_text() == text
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_keys_survive_saving_and_loading(tmp_path):
    path = tmp_path / "keys.json"
    crypto.configure(path)
    sealed = crypto.seal("张三", "t", "c", "u")
    crypto.save_keys(path, crypto.keyring().rotated())
    crypto.configure(path)
    assert crypto.keyring().active == "k2"
    assert crypto.open_sealed(sealed, "t", "c", "u") == "张三"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it(tmp_path):
    path = tmp_path / "keys.json"
    crypto.create_keys(path)
    os.chmod(path, 0o644)
    with pytest.raises(crypto.KeyProblem, match="chmod 600"):
        crypto.load_keys(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"active":"k1","keys":{},"index":"","tokens":""}',
                                  '{"active":"k1","keys":{"k1":"AAAA"},"index":"AAAA","tokens":"AAAA"}'])
def test_a_damaged_key_file_is_refused_and_never_replaced(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(crypto.KeyProblem, match="backup"):
        crypto.configure(path)
    assert path.read_text() == text


def test_keys_do_not_show_in_a_representation():
    ring = crypto.keyring()
    assert str(ring.index) not in repr(ring)
    assert "keys=" not in repr(ring)
