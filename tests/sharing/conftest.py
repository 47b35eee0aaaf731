"""A hub of our own: an HTTP server that answers what the real client asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class Hub:
    """Repositories by name, their files by path; what the client may not do is in `refused`."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.large: dict[str, bytes] = {}
        self.refused: dict[str, int] = {}
        self.messages: list[str] = []
        self.url = ""

    def post(self, path: str, body: bytes) -> Any:
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            self.repositories.setdefault(name, {})
            self.private[name] = asked.get("private", asked.get("visibility") == "private")
            return {"url": f"{self.url}/{name}"}
        if path == "/api/validate-yaml":
            return {"errors": [], "warnings": []}
        if match := re.fullmatch(r"/api/models/(.+)/preupload/main", path):
            modes = [(x["path"], "lfs" if "safetensors" in x["path"] else "regular")
                     for x in json.loads(body)["files"]]  # fmt: skip
            files = [{"path": p, "uploadMode": m, "shouldIgnore": False} for p, m in modes]
            return {"files": files}
        if path.endswith(".git/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            for thing in objects:
                thing["actions"] = {"upload": {"href": f"{self.url}/put/{thing['oid']}"}}
            return {"objects": objects, "transfer": "basic"}
        match = re.fullmatch(r"/api/models/(.+)/commit/main", path)
        assert match, path
        self._commit(self.repositories[match[1]], body)
        sha = self.sha(match[1])
        url = f"{self.url}/{match[1]}/commit/{sha}"
        return {"commitUrl": url, "commitOid": sha, "success": True}

    def sha(self, name: str) -> str:
        """The commit, which follows from the content of the files."""
        return _etag(repr(self.repositories[name]).encode())

    def _commit(self, files: dict[str, bytes], body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
            else:
                self.messages.append(value["summary"])

    def get(self, path: str) -> bytes | Any:
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(/revision/main)?", path):
            files = self.repositories[match[1]]
            return {
                "id": match[1],
                "sha": self.sha(match[1]),
                "siblings": [{"rfilename": x} for x in files],
            }
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/.*", path):
            return [
                {"type": "file", "path": name, "size": len(content), "oid": _etag(content)}
                for name, content in self.repositories[match[1]].items()
            ]
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path)
        if match is None:
            raise KeyError(path)
        return self.repositories[match[1]][match[2]]


def _etag(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """What the hub knows, as HTTP."""

    hub: Hub

    def log_message(self, *words: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path in self.hub.refused:
            self.answer(b"{}", self.hub.refused[path])
        else:
            self.answer(json.dumps(self.hub.post(path, body)).encode())

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.hub.large[self.path.rpartition("/")[2]] = body
        self.answer(b"")

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        try:
            found = self.hub.get(path)
        except KeyError:
            self.answer(b"{}", 404, {"X-Error-Code": "RepoNotFound"})
            return
        if isinstance(found, bytes):
            sha = path.split("/resolve/")[1].partition("/")[0]
            self.answer(found, 200, {"ETag": f'"{_etag(found)}"', "X-Repo-Commit": sha})
        else:
            self.answer(json.dumps(found).encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, body: bytes, code: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub that the client talks to, on this machine."""
    constants = pytest.importorskip("huggingface_hub.constants")
    there = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"hub": there}))
    there.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", there.url)
    template = there.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield there
    server.shutdown()
