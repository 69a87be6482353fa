"""The gate's reasons in words that a staff member understands, by language. English is the text of record."""

from collections.abc import Mapping

from core.contracts import Reason

PLACES = 6  # of a score in a reason: more than anybody reads, so that two that differ are told apart
_COMMA = {"de", "vi"}  # languages that write 0.9 as 0,9
SENTENCES: dict[str, dict[str, str]] = {
    "certified": {
        "en": "Sent without a person: the score {score} reaches the certified threshold {threshold} "
        "({k} of {n} audited were right; target {target:.0%}).",
        "de": "Ohne Person gesendet: Der Wert {score} erreicht die zertifizierte Schwelle {threshold} "
        "({k} von {n} geprüften waren richtig; Ziel {target:.0%}).",
        "vi": "Gửi tự động: điểm {score} đạt ngưỡng đã chứng nhận {threshold} "
        "({k} trên {n} mẫu kiểm tra là đúng; mục tiêu {target:.0%}).",
    },
    "certified_family": {
        "en": "Sent without a person, on the certificate of the family {family}: the score {score} reaches its "
        "threshold {threshold} ({k} of {n} audited were right; target {target:.0%}). The agent has none of its own.",
        "de": "Ohne Person gesendet, auf das Zertifikat der Familie {family} hin: Der Wert {score} erreicht deren "
        "Schwelle {threshold} ({k} von {n} geprüften waren richtig; Ziel {target:.0%}). Ein eigenes hat der Agent noch "
        "nicht.",
        "vi": "Gửi tự động theo chứng nhận của nhóm {family}: điểm {score} đạt ngưỡng {threshold} ({k} trên {n} mẫu "
        "kiểm tra là đúng; mục tiêu {target:.0%}). Tác nhân chưa có chứng nhận riêng.",
    },
    "certified_inherited": {
        "en": "Sent without a person on the certificate of the version before, which this version inherits by an "
        "operator's choice until {until}: the score {score} reaches the threshold {threshold}. That {k} of {n} audited "
        "were right (target {target:.0%}) speaks of the version before, not of this one.",
        "de": "Ohne Person gesendet, auf das Zertifikat der vorigen Version hin, das diese bis {until} auf Wunsch des "
        "Betriebs erbt: Der Wert {score} erreicht die Schwelle {threshold}. Dass {k} von {n} geprüften richtig waren "
        "(Ziel {target:.0%}), gilt der vorigen Version, nicht dieser.",
        "vi": "Gửi tự động theo chứng nhận của phiên bản trước, được người vận hành cho phép kế thừa đến {until}: điểm "
        "{score} đạt ngưỡng {threshold}. Kết quả {k} trên {n} mẫu kiểm tra là đúng (mục tiêu {target:.0%}) là của "
        "phiên bản trước, không phải phiên bản này.",
    },
    "agent_off": {
        "en": "The agent {agent} is switched off.",
        "de": "Der Agent {agent} ist ausgeschaltet.",
        "vi": "Tác nhân {agent} đang tắt.",
    },
    "no_draft": {
        "en": "No agent has a reply for this: {reason}",
        "de": "Kein Agent hat eine Antwort darauf: {reason}",
        "vi": "Không tác nhân nào có câu trả lời: {reason}",
    },
    "paused": {
        "en": "Automation is paused, so a person sends.",
        "de": "Die Automatisierung ist angehalten, eine Person sendet.",
        "vi": "Tự động hóa đang tạm dừng, nhân viên sẽ gửi.",
    },
    "tier_shadow": {
        "en": "The agent {agent} runs in shadow: its draft is scored, not used.",
        "de": "Der Agent {agent} läuft im Schatten: Sein Entwurf wird bewertet, nicht verwendet.",
        "vi": "Tác nhân {agent} chạy ngầm: bản nháp chỉ được chấm điểm.",
    },
    "tier_assisted": {
        "en": "The agent {agent} drafts and a person sends (tier assisted).",
        "de": "Der Agent {agent} entwirft, eine Person sendet (Stufe „Entwirft“).",
        "vi": "Tác nhân {agent} soạn nháp, nhân viên gửi (cấp “Soạn nháp”).",
    },
    "action_not_allowed": {
        "en": "The agent may not propose the action {action}.",
        "de": "Der Agent darf die Aktion {action} nicht vorschlagen.",
        "vi": "Tác nhân không được phép đề xuất hành động {action}.",
    },
    "customer_not_verified": {
        "en": "The action {action} needs a customer whose identity is verified.",
        "de": "Die Aktion {action} verlangt eine bestätigte Identität.",
        "vi": "Hành động {action} cần khách hàng đã xác minh danh tính.",
    },
    "not_confirmed": {
        "en": "The customer has not said yes to exactly this action: {action}.",
        "de": "Der Kunde hat nicht genau dieser Aktion zugestimmt: {action}.",
        "vi": "Khách hàng chưa đồng ý với đúng hành động này: {action}.",
    },
    "untrusted_argument": {
        "en": "The value of {argument} in {action} comes from an unchecked source ({source}); a person confirms it.",
        "de": "Der Wert von {argument} in {action} stammt aus ungeprüfter Quelle ({source}); eine Person bestätigt.",
        "vi": "Giá trị {argument} trong {action} đến từ nguồn chưa kiểm chứng ({source}); cần người xác nhận.",
    },
    "image_in_reply": {
        "en": "The reply contains an image, which is never sent automatically.",
        "de": "Die Antwort enthält ein Bild; das wird nie automatisch gesendet.",
        "vi": "Câu trả lời chứa hình ảnh, không bao giờ gửi tự động.",
    },
    "link_not_allowed": {
        "en": "The reply links to {link}, which is not on the agent's list.",
        "de": "Die Antwort verweist auf {link}, das nicht auf der Liste des Agenten steht.",
        "vi": "Câu trả lời có liên kết {link} không nằm trong danh sách cho phép.",
    },
    "value_without_evidence": {
        "en": "These values have no place on the document to point to: {fields}.",
        "de": "Für diese Werte gibt es keine Stelle im Dokument: {fields}.",
        "vi": "Các giá trị này không có bằng chứng trên tài liệu: {fields}.",
    },
    "rule_broken": {
        "en": "The e-invoice breaks a rule, so a person looks at it: {reason}.",
        "de": "Die E-Rechnung verletzt eine Regel, deshalb sieht eine Person sie an: {reason}.",
        "vi": "Hóa đơn điện tử vi phạm quy tắc nên cần người xem: {reason}.",
    },
    "came_before": {
        "en": "This document was received before, so nothing goes out unseen a second time.",
        "de": "Dieses Dokument kam schon einmal, deshalb geht nichts ungesehen ein zweites Mal hinaus.",
        "vi": "Tài liệu này đã nhận trước đó nên không được gửi đi lần nữa khi chưa có người xem.",
    },
    "no_certificate": {
        "en": "The agent {agent} has no certificate for {target:.0%} that covers this yet, so a person checks.",
        "de": "Der Agent {agent} hat noch kein Zertifikat für {target:.0%}, das hier gilt, deshalb prüft eine Person.",
        "vi": "Tác nhân {agent} chưa có chứng nhận {target:.0%} cho việc này, nên cần người kiểm tra.",
    },
    "certificate_too_low": {
        "en": "The certificate covers {certified:.0%}, the target is {target:.0%}.",
        "de": "Das Zertifikat deckt {certified:.0%}, das Ziel ist {target:.0%}.",
        "vi": "Chứng nhận ở mức {certified:.0%}, mục tiêu là {target:.0%}.",
    },
    "critical_uncertified": {
        "en": "The certificate does not cover critical errors; {target:.1%} of replies must be free of them.",
        "de": "Das Zertifikat deckt schwere Fehler nicht ab; {target:.1%} der Antworten müssen frei davon sein.",
        "vi": "Chứng nhận chưa bao gồm lỗi nghiêm trọng; {target:.1%} câu trả lời phải không có lỗi này.",
    },
    "score_below_threshold": {
        "en": "The agent is not sure enough: score {score}, certified threshold {threshold}.",
        "de": "Der Agent ist nicht sicher genug: Wert {score}, zertifizierte Schwelle {threshold}.",
        "vi": "Tác nhân chưa đủ chắc chắn: điểm {score}, ngưỡng chứng nhận {threshold}.",
    },
    "documents_unread": {
        "en": "A document of this ticket could not be read within {minutes} minutes.",
        "de": "Ein Dokument dieses Tickets wurde nicht innerhalb von {minutes} Minuten gelesen.",
        "vi": "Một tài liệu của phiếu này chưa đọc được trong {minutes} phút.",
    },
    "run_failed": {
        "en": "The agent could not finish ({error}), so a person takes over.",
        "de": "Der Agent konnte nicht fertig werden ({error}), eine Person übernimmt.",
        "vi": "Tác nhân không hoàn tất được ({error}), nhân viên sẽ tiếp nhận.",
    },
}


def sentence(reason: Reason, language: str = "en") -> str:
    """Return a reason as one sentence in a language, in English where it is not translated."""
    texts = SENTENCES[reason.code]
    language = language if language in texts else "en"
    values = {name: _written(value, language) for name, value in reason.values.items()}
    for name, written in _apart(reason.values).items():
        values[name] = written.replace(".", ",") if language in _COMMA else written
    return texts[language].format_map(_Values(values))


def _apart(values: Mapping[str, object]) -> dict[str, str]:
    """Return score and threshold with two places, or with as many more as keep them from looking the same."""
    pair = {name: value for name in ("score", "threshold") if isinstance(value := values.get(name), float)}
    written: dict[str, str] = {}
    for places in range(2, PLACES + 1):
        written = {name: f"{value:.{places}f}" for name, value in pair.items()}
        if len(set(written.values())) == len(set(pair.values())):
            break
    return written


def _written(value: object, language: str) -> object:
    return _Comma(value) if isinstance(value, float) and language in _COMMA else value


class _Comma(float):
    """A number that is written with a decimal comma."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec).replace(".", ",")


class _Values(dict[str, object]):
    """Old decisions may lack a value that a newer sentence names; it is shown as a dash, never an error."""

    def __missing__(self, key: str) -> str:
        return "–"
