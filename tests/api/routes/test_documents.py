"""Uploading, listing, reading and showing documents, with good and bad files."""

import io
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from core.contracts import Evidence, FieldValue
from core.settings import point_to, settings
from tests.api import made
from tests.api.conftest import Desk


def pdf(text: str = "Total 12.50") -> bytes:
    content = io.BytesIO()
    canvas = Canvas(content)
    canvas.drawString(100, 700, text)
    canvas.save()
    return content.getvalue()


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return desk.client()


def test_a_form_upload_is_kept_and_given_back_as_it_was(client: TestClient) -> None:
    content = pdf()
    answer = client.post("/v1/documents", files={"file": ("Hóa đơn.pdf", content, "text/plain")})
    assert answer.status_code == 202
    url = answer.headers["location"]
    shown = client.get(url).json()
    assert (shown["filename"], shown["media_type"], shown["size"]) == ("Hóa đơn.pdf", "application/pdf", len(content))
    assert (shown["state"], shown["events"][0]["kind"]) == ("received", "document.received")
    file = client.get(f"{url}/file")
    assert file.content == content
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''H%C3%B3a")
    assert "sandbox" in file.headers["content-security-policy"]


def test_a_bare_body_with_its_name_in_a_header_is_an_upload_too(client: TestClient) -> None:
    answer = client.post("/v1/documents", content=pdf(), headers={"X-Filename": "H%C3%B3a.pdf"})
    assert client.get(answer.headers["location"]).json()["filename"] == "Hóa.pdf"


def test_a_document_may_belong_to_a_ticket(desk: Desk, client: TestClient) -> None:
    ticket_id = made.ticket(desk.tenant_id)
    files = {"file": ("a.pdf", pdf())}
    answer = client.post("/v1/documents", files=files, data={"ticket_id": str(ticket_id), "customer": "m@example.com"})
    shown = client.get(f"/v1/tickets/{ticket_id}").json()
    assert shown["documents"][0]["id"] == answer.json()["id"]
    nowhere = {"ticket_id": "01a20935-3d3b-7578-b036-c09f56d81688"}
    assert client.post("/v1/documents", files=files, data=nowhere).status_code == 404


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {"X-Filename": "a.pdf"}, 422, "file_empty"),
        (b"x", {"X-Filename": "a" * 300}, 422, "bad_filename"),
        (b"--x\r\n\r\n", {"Content-Type": "multipart/form-data"}, 400, "malformed"),
        (b"garbage", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "malformed"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
         {"Content-Type": "multipart/form-data; boundary=x"}, 422, "no_file"),
    ],
    ids=["empty", "long name", "no boundary", "no form", "no file"],
)  # fmt: skip
def test_a_bad_upload_is_a_problem(
    client: TestClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.post("/v1/documents", content=content, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:saola:problem:{code}")


@pytest.mark.parametrize("data", [{"ticket_id": "x"}, {"customer": "\x00"}, {"origin": "x"}, {"x": "y"}])
def test_a_bad_field_is_a_problem(client: TestClient, data: dict[str, str]) -> None:
    answer = client.post("/v1/documents", files={"file": ("a.txt", b"a")}, data=data)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(data))}"


def test_a_file_over_the_limit_is_refused_whichever_way_it_comes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAOLA_MAX_FILE_BYTES", "1000")
    point_to({})
    try:
        small = client.post("/v1/documents", files={"file": ("a.txt", b"a" * 1000)})
        form = client.post("/v1/documents", files={"file": ("a.txt", b"a" * 1001)})
        declared = client.post("/v1/documents", content=b"a" * 200_000)
        streamed = client.post("/v1/documents", content=(b"a" * 500 for _ in range(3)))
    finally:
        monkeypatch.undo()
        point_to({})
    assert small.status_code == 202
    for answer in (form, declared, streamed):
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\temp\\a.pdf", "a.pdf"), ("a\r\nb.pdf", "ab.pdf"), ("..", "document")],
)
def test_a_file_name_is_only_a_name(client: TestClient, name: str, kept: str) -> None:
    answer = client.post("/v1/documents", content=b"text", headers={"X-Filename": quote(name)})
    assert client.get(answer.headers["location"]).json()["filename"] == kept


def test_pages_of_pdfs_and_pictures_are_drawn(client: TestClient) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    for name, content in [("a.pdf", pdf()), ("a.jpg", picture.getvalue())]:
        url = client.post("/v1/documents", files={"file": (name, content)}).headers["location"]
        page = client.get(f"{url}/pages/1.png")
        assert (page.status_code, page.headers["content-type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(page.content)).size[0] > 30
        assert client.get(f"{url}/pages/2.png").json()["type"] == "urn:saola:problem:no_picture", name
    missing = client.get(f"{url}/pages/0.png")
    assert missing.status_code == 422
    assert not list(settings().home.glob("cache/pages/**/*-2.png"))


@pytest.mark.parametrize("content", [b"%PDF-1.7 broken", b"\x89PNG\r\n\x1a\nbroken", b"just text"])
def test_a_page_that_cannot_be_drawn_is_a_problem(client: TestClient, content: bytes) -> None:
    url = client.post("/v1/documents", content=content).headers["location"]
    answer = client.get(f"{url}/pages/1.png")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:saola:problem:no_picture")


def test_fields_are_shown_with_where_they_were_read(desk: Desk, client: TestClient) -> None:
    evidence = Evidence(kind="page", page=1, box=(0.1, 0.2, 0.3, 0.25), text="12.50")
    field = FieldValue(name="total", type="money", value="12.50", score=0.9, evidence=evidence, required=True)
    other = FieldValue(name="iban", type="iban", reason="none was found")
    found = made.document(desk.tenant_id, (field, other))
    shown = client.get(f"/v1/documents/{found.document_id}").json()
    fields = shown["runs"][0]["proposal"]["fields"]
    assert fields[0]["evidence"]["box"] == [0.1, 0.2, 0.3, 0.25]
    assert [(one["required"], one["reason"]) for one in fields] == [(True, ""), (False, "none was found")]
    assert (shown["type"], shown["attention"]) == ("invoice", "review")
    listed = client.get("/v1/documents?attention=review&type=invoice").json()["documents"]
    assert str(found.document_id) in [one["id"] for one in listed]


def test_a_lost_file_is_a_problem(desk: Desk, client: TestClient) -> None:
    found = made.document(desk.tenant_id, ())
    assert client.get(f"/v1/documents/{found.document_id}/file").status_code == 404
    assert client.get(f"/v1/documents/{found.document_id}/pages/1.png").status_code == 404


def test_nothing_is_left_in_the_temporary_folder(client: TestClient) -> None:
    folder = Path(tempfile.gettempdir())
    before = set(folder.glob("saola-upload-*"))
    client.post("/v1/documents", content=b"")
    client.post("/v1/documents", content=b"x", headers={"X-Filename": "a" * 300})
    assert set(folder.glob("saola-upload-*")) <= before
