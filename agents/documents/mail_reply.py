"""The new text of an e-mail: without the quoted thread and without the signature.

Quote headers of a dozen languages come from mail-parser-reply; Vietnamese and Russian ones, quotes by HTML structure,
replies below or between quotes, and signatures by the sender's own lines are ours.
"""

import re
from functools import lru_cache

from bs4 import Tag
from mailparser_reply.parser import EmailMessage as LibraryMessage

from agents.documents.html import html_text, parse_html

LANGUAGES = ["en", "de", "fr", "it", "es", "nl", "pl", "cs", "da", "sv", "ja", "zh"]
LONGEST = 100_000  # characters looked at
HEADER_LONGEST = 300  # characters of a line that says who wrote; the library's patterns take cubic time in a line
IGNORE = re.IGNORECASE
WROTE = re.compile(
    r"""^[>\s*-]*(?:
        (?:vào|ngày|lúc|on|le|am|il|el|op|den|w\ dniu)\b.{6,300}?
            (?:đã\ viết|viết|wrote|schrieb.*|a\ écrit|ha\ scritto|escribió|schreef.*|skrev.*)\s*:\s*-*$
      | .{0,120}\d.{4,200}(?:đã\ viết|написал(?:\(а\))?|wrote|schrieb)\s*:\s*$
      | \d{1,2}[./]\d{1,2}[./]\d{4},?\s+\d{1,2}:\d{2}.{0,200}<[^>]{3,200}>\s*:?\s*$
      | \w{3},?\s\d{1,2}\s\w{3}\s\d{4}.{0,40}(?:от|from|von|từ)\s.{3,200}:\s*$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
STARTS_QUOTE = re.compile(r"^[>\s*-]*(?:vào|ngày|lúc|on|am|le|il|el|op)\b|^\s*\d{1,2}[./]\d{1,2}[./]\d{2,4}", IGNORE)
SEPARATOR = re.compile(
    r"^[\s>*]*(?:[-_]{2,}\s*(?:original message|original-nachricht|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"forwarded message|thư gốc|tin nhắn gốc|tin nhắn đã chuyển tiếp|thư chuyển tiếp|message d'origine|"
    r"исходное сообщение)\s*[-_]*|[_]{20,}|[-]{30,})\s*$|^begin forwarded message:\s*$",
    IGNORE,
)
NAMED_SEPARATOR = re.compile(r"original|gốc|chuyển tiếp|nachricht|forwarded|сообщение", IGNORE)
HEADER_NAMES = (
    *("from", "sent", "to", "subject", "date", "cc", "von", "gesendet", "an", "betreff", "datum", "từ", "gửi", "tới"),
    *(
        "đến",
        "chủ đề",
        "ngày",
        "đã gửi",
        "lúc",
        "de",
        "envoyé",
        "à",
        "objet",
        "от",
        "отправлено",
        "кому",
        "тема",
        "дата",
    ),
)
HEADER = re.compile(r"^[\s>*]*(" + "|".join(HEADER_NAMES) + r")\s*:\*?\s*\S?", IGNORE)
SENDERS = frozenset({"from", "von", "từ", "de", "от", "date", "subject", "đã gửi"})
CLOSING = re.compile(
    r"^\s*(?:(?:best|kind|warm|many)?\s*regards|best(?: wishes)?|thanks(?: (?:so much|a lot|again|in advance))?|"
    r"thank you(?: very much)?|cheers|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|"
    r"mit (?:freundlichen|besten|herzlichen|lieben) grüßen|mit freundlichen gruessen|"
    r"(?:freundliche|viele|beste|liebe|herzliche|schöne) grüße|mfg|lg|vg|(?:vielen )?danke?(?: im voraus)?|"
    r"trân trọng|thân ái|thân mến|xin (?:chân thành )?cảm ơn|xin cám ơn|cảm ơn(?: (?:bạn|shop|anh|chị|ạ))*|kính thư|"
    r"tran trong|cam on|xin cam on|с уважением|cordialement|bien à vous|cordiali saluti|saludos)\s*[,.!–-]*\s*$",
    IGNORE,
)
SENT_FROM = re.compile(
    r"^\s*(?:sent (?:from|with|via) |get outlook for |gesendet (?:von|mit) |von meinem .{2,30} gesendet|"
    r"được gửi từ |gửi từ |đã gửi từ |via mobile$|envoyé de )",
    IGNORE,
)
DASHES = re.compile(r"^\s*(?:--|—|__|-{3,}|_{3,}|={3,}|\*{3,})\s*$")
CONTACT = re.compile(
    r"https?://|www\.|[\w.+-]+@[\w-]+\.\w|\(?\+?\d[\d\s()./-]{7,}\d|\b(?:tel|fax|phone|mobil|skype|đt|hotline|via)\b",
    IGNORE,
)
QUOTE_TAGS = (
    "blockquote, .gmail_quote, .moz-cite-prefix, .yahoo_quoted, #OLK_SRC_BODY_SECTION, .moz-email-headers-table, "
    "div[id$=_origbody], .protonmail_quote, .tutanota_quote, #reply-intro"
)
QUOTE_STARTS = "#divRplyFwdMsg, #appendonsend, hr#stopSpelling, #mail-editor-reference-message-container"
OUTLOOK_RULE = re.compile(r"border-top:\s*solid\s*#?(?:B5C4DF|E1E1E1)|border-top-style:\s*solid", IGNORE)


@lru_cache(maxsize=1)
def _library_header() -> re.Pattern[str]:
    found: re.Pattern[str] = LibraryMessage(text="", languages=list(LANGUAGES)).HEADER_REGEX
    return found


def split_reply(text: str, sender: str = "") -> tuple[str, str]:
    """Return the new text of a plain-text mail and its signature (either may be empty).

    `sender` is the From header; a short line that repeats the name marks a signature too.
    """
    body = without_quotes(text)
    reply, signature = split_signature(body, sender)
    return (reply, signature) if reply.strip() else (body, "")


def without_quotes(text: str) -> str:
    """Return the mail without quoted messages; replies below and between quotes are kept."""
    lines = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\u200e", "").split("\n")
    cut = _cut(lines)
    kept = [line for line in lines[:cut] if not line.lstrip().startswith(">")]
    if "".join(kept).strip():
        return _tidy(kept)
    # Nothing above: the answer stands below or between the quotes.
    below = [line for line in lines if not (line.lstrip().startswith(">") or WROTE.match(line))]
    return _tidy(below) or _tidy(kept)


def _cut(lines: list[str]) -> int:
    for index, line in enumerate(lines):
        if SEPARATOR.match(line) and _thread_follows(lines, index + 1):
            return index
        joined = " ".join(part.strip() for part in lines[index : index + 3])
        pair = " ".join(part.strip() for part in lines[index : index + 2])
        if WROTE.match(line) or (STARTS_QUOTE.match(line) and (WROTE.match(pair) or WROTE.match(joined))):
            return index
        if _header_block(lines, index):
            return index
    short = "\n".join(line[:HEADER_LONGEST] for line in lines)
    found = _library_header().search(short)
    if found and found.start() > 0:
        return short[: found.start()].count("\n") + (1 if found.group().startswith("\n") else 0)
    return len(lines)


def _thread_follows(lines: list[str], index: int) -> bool:
    following = [line for line in lines[index : index + 8] if line.strip()]
    headers = sum(1 for line in following if HEADER.match(line))
    return headers >= 2 or NAMED_SEPARATOR.search(lines[index - 1]) is not None


def _header_block(lines: list[str], index: int) -> bool:
    first = HEADER.match(lines[index])
    if first is None or first.group(1).lower() not in SENDERS:
        return False
    found = {m.group(1).lower() for line in lines[index : index + 8] if (m := HEADER.match(line))}
    return len(found) >= 3


def split_signature(text: str, sender: str = "") -> tuple[str, str]:
    """Cut the signature off the end of a message: after '--', at a closing formula, at 'Sent from', or a block of
    contact lines that ends the message."""
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    if len(filled) < 2:
        return text, ""
    start = _signature_start(lines, filled, sender)
    if start is None or start <= filled[0]:
        return text, ""
    return _tidy(lines[:start]), _tidy(lines[start:])


def _signature_start(lines: list[str], filled: list[int], sender: str) -> int | None:
    tail = [index for index in filled if index in filled[-16:]]
    names = {part.lower() for part in re.findall(r"\w{3,}", re.sub(r"<.*>", "", sender))}
    start: int | None = None
    for index in reversed(tail):
        line, after = lines[index], [lines[i] for i in filled if i > index]
        if len(line) > 90:
            break
        closes = CLOSING.match(line) and sum(len(one) for one in after) < 500 and len(after) <= 10
        if DASHES.match(line) or SENT_FROM.match(line) or closes or _signs(line, after, names):
            start = index
    return start


def _signs(line: str, after: list[str], names: set[str]) -> bool:
    block = [line, *after]
    if any(len(one) > 70 for one in block):
        return False
    words = {word.lower() for word in re.findall(r"\w{3,}", line)}
    named = bool(names) and names <= words and len(words) <= 5
    contacts = sum(1 for one in after if CONTACT.search(one))
    name_like = bool(re.fullmatch(r"\s*-?\s*(?:[A-ZÀ-ỸĐ][\w.'’-]*\s*){1,5},?\s*(?:[A-Z][\w.]{0,6})?\s*", line))
    return named or (name_like and contacts >= 1 and contacts >= len(after) / 3)


def html_reply(markup: str, sender: str = "") -> tuple[str, str]:
    """Return the new text of an HTML mail and its signature. Quotes are cut by structure, then by their words."""
    soup = parse_html(markup[: 20 * LONGEST])
    for quote in soup.select(QUOTE_TAGS):
        quote.decompose()
    for start in soup.select(QUOTE_STARTS):
        _cut_from(start)
    for border in soup.find_all(style=OUTLOOK_RULE):
        _cut_from(border)
    for rule in soup.find_all("hr"):
        following = " ".join(rule.find_all_next(string=True, limit=12))[:400]
        if sum(1 for name in HEADER_NAMES if re.search(rf"\b{name}\s*:", following, re.I)) >= 2:
            _cut_from(rule)
            break
    return split_reply(html_text(soup).replace("\t", " "), sender)


def _cut_from(tag: Tag) -> None:
    """Remove a tag and all that follows it in the document."""
    if tag.decomposed:
        return
    node: Tag | None = tag
    while node is not None:
        for sibling in list(node.next_siblings):
            sibling.extract()
        node = node.parent
    tag.decompose()


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
