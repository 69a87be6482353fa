"""What is said of where agents stand."""

from api.gate_seen import gate_of
from core.db import app_database
from tests.workers.made import Shop
from workers.certify import renew_certificates

SCORES = [(number * 37 % 100) / 100 for number in range(100)]


def test_an_agent_on_its_familys_certificate_says_so_and_what_its_own_still_takes(shop: Shop) -> None:
    shop.run(SCORES * 6, [True] * 600)
    shop.run(SCORES, [True] * 100, agent="desk")
    shop.do(renew_certificates, "certificates.renew")
    with app_database().transaction(shop.tenant) as connection:
        stands = {one.agent: one for one in gate_of(connection).agents}
    desk, own = stands["desk"], stands["shop"]
    assert (desk.certified, desk.by_family, stands["family:tests"].certified) == (False, "tests", True)
    assert desk.words.startswith("goes out on the certificate of its family tests; its own: no certificate: about ")
    assert desk.audits_missing
    assert (own.by_family, own.words.startswith("certified at least 95% right")) == ("", True)
