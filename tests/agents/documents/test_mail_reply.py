"""The new text of a mail, as a dozen programs quote in three languages."""

import time

import pytest

from agents.documents.mail_reply import html_reply, split_reply, split_signature, without_quotes


@pytest.mark.parametrize(
    "thread",
    [
        "Vào Th 2, 5 thg 10, 2026 vào lúc 12:01 Shop Sao La <shop@example.com> đã viết:\n> Chào bạn",
        "Vào ngày 05/10/2026 12:01, Shop Sao La đã viết:\n\n> Chào bạn\n>> cũ hơn",
        "Ngày 5 tháng 10 năm 2026 lúc 12:01, Shop Sao La <shop@example.com>\nđã viết:\n\n> Chào bạn",
        "-----Thư gốc-----\nTừ: Shop\nĐã gửi: Thứ Hai\nĐến: Lan\nChủ đề: Đơn hàng\n\nChào bạn",
        "Từ: Shop <shop@example.com>\nĐã gửi: Thứ Hai, 5 tháng 10\nĐến: Lan\nChủ đề: Đơn hàng\n\nChào bạn",
        "---------- Tin nhắn đã chuyển tiếp ----------\nTừ: Shop\nNgày: 5/10\n\nChào bạn",
        "On Mon, Oct 5, 2026 at 12:01 PM Shop <shop@example.com> wrote:\n> Hello",
        "On Mon, Oct 5, 2026 at 12:01 PM Shop of the long name\n<shop@example.com> wrote:\n\n> Hello",
        "Am 05.10.2026 um 12:01 schrieb Shop <shop@example.com>:\n> Hallo",
        "Am Mo., 5. Okt. 2026 um 12:01 Uhr schrieb Shop <\nshop@example.com>:\n\n> Hallo",
        "-----Ursprüngliche Nachricht-----\nVon: Shop\nGesendet: Montag\nAn: Lan\nBetreff: Bestellung\n\nHallo",
        "Von: Shop <shop@example.com>\nGesendet: Montag, 5. Oktober 2026\nAn: Lan\nBetreff: Bestellung\n\nHallo",
        "From: Shop\nSent: Monday\nTo: Lan\nSubject: Order\n\nHello",
        "> nothing but quoted lines\n> and more",
    ],
)
def test_the_thread_below_a_reply_is_cut_off(thread: str) -> None:
    assert without_quotes(f"Cảm ơn shop, tôi đã nhận được.\nBao giờ hoàn tiền ạ?\n\n{thread}\n") == (
        "Cảm ơn shop, tôi đã nhận được.\nBao giờ hoàn tiền ạ?"
    )


def test_a_reply_below_the_quote_is_found() -> None:
    assert without_quotes("On 5 Oct 2026, Shop wrote:\n> Hi\nHello back") == "Hello back"


@pytest.mark.parametrize(
    "text",
    ["From Monday to Friday I am at home.\nOn Tuesday he wrote: a nice letter came.",
     "Ngày mai tôi ở nhà.\nTừ 8 giờ đến 12 giờ.", "Am Montag bin ich da."],
)  # fmt: skip
def test_ordinary_sentences_are_not_taken_for_quotes(text: str) -> None:
    assert without_quotes(text) == text


@pytest.mark.parametrize(
    ("signature", "sender"),
    [
        ("-- \nLan Nguyễn\n0912 345 678", ""),
        ("Trân trọng,\nNguyễn Thị Lan\nCông ty ABC", ""),
        ("Mit freundlichen Grüßen\nLan Schmidt", ""),
        ("Best regards,\nLan", ""),
        ("Sent from my iPhone", ""),
        ("Gửi từ iPhone của tôi", ""),
        ("Lan Nguyen\nvia mobile", "Lan Nguyen <lan@example.com>"),
    ],
)
def test_a_signature_is_taken_off(signature: str, sender: str) -> None:
    reply, found = split_signature(f"Where is my parcel?\nIt is late.\n\n{signature}", sender)
    assert reply == "Where is my parcel?\nIt is late."
    assert found.split() == signature.split()


def test_a_message_that_is_only_a_thank_you_stays() -> None:
    assert split_reply("Thank you") == ("Thank you", "")


def test_html_quotes_go_by_structure() -> None:
    markup = "<div>Xin chào</div><div class='gmail_quote'>Vào lúc 12:01 Shop đã viết:<blockquote>cũ</blockquote></div>"
    assert html_reply(markup) == ("Xin chào", "")
    outlook = "<p>Hallo</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><b>Von:</b> Shop</div><p>alt</p>"
    assert html_reply(outlook) == ("Hallo", "")


@pytest.mark.parametrize("endless", ["On " * 16_000, "On x " * 10_000, "> " * 25_000, "a@" * 25_000])
def test_a_line_made_to_hang_the_patterns_takes_moments(endless: str) -> None:
    start = time.process_time()
    reply, _ = split_reply(f"My parcel is late.\n{endless}\nOn 1 May 2026 at 10:00 Mai wrote:\n> Hello")
    assert reply.startswith("My parcel is late.")
    assert "> Hello" not in reply
    assert time.process_time() - start < 10
