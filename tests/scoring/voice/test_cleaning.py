"""What a person wrote, out of what a mail program sent."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.voice.cleaning import LONGEST_TEXT, cleaned, is_automatic

OWN = "The export has stopped working.\n\nCan you look into it?"

MAILS = {
    "plain": OWN,
    "salutation": f"Hi Anna,\n\n{OWN}",
    "signature rule": f"{OWN}\n\n-- \nJane Doe\nHead of Purchasing\n+44 20 7946 0000",
    "closing": f"{OWN}\n\nKind regards,\n\nJane Doe\nHead of Purchasing, Example Ltd\nwww.example.com",
    "thanks as a closing": f"{OWN}\n\nThanks,\nJane",
    "phone": f"{OWN}\n\nSent from my iPhone",
    "quoted lines": f"{OWN}\n\n> Is everything fine?\n> Best, Anna",
    "quote announced": f"{OWN}\n\nOn Tue, 3 Mar 2026 at 10:12, Anna <anna@vendor.example> wrote:\n> Fine?",
    "announced over two lines": (
        f"{OWN}\n\nOn Tue, 3 Mar 2026 at 10:12, Anna Smith\n<anna@vendor.example> wrote:\n\nIs it fine?"
    ),
    "original message": f"{OWN}\n\n-----Original Message-----\nFrom: Anna\nIs everything fine?",
    "header block": f"{OWN}\n\nFrom: Anna\nSent: Tuesday\nTo: Jane\nSubject: Fine?\n\nIs everything fine?",
    "rule and header block": f"{OWN}\n\n{'_' * 32}\nFrom: Anna\nSent: Tuesday\nSubject: Fine?\n\nIs it?",
    "German quote": f"{OWN}\n\nAm 03.03.2026 um 10:12 schrieb Anna Smith:\n> Alles gut?",
    "disclaimer": (
        f"{OWN}\n\nThis e-mail is confidential and intended solely for the addressee. If you have received "
        "this message in error, please notify the sender."
    ),
    "closing and disclaimer": (
        f"{OWN}\n\nBest regards\nJane Doe\n\nThis message is confidential. Any unauthorised use of it is "
        "prohibited, and we do not accept liability for any virus."
    ),
    "windows lines": OWN.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("mail", MAILS.values(), ids=list(MAILS))
def test_only_the_senders_own_lines_are_left(mail: str) -> None:
    assert cleaned(mail) == OWN


def test_markup_is_read_as_a_person_sees_it() -> None:
    mail = (
        "<html><head><style>p {color: red}</style><title>No</title></head><body><p>The export has <b>stopped"
        "</b> working&period;</p><script>alert(1)</script><p>Can you look into it?</p>"
        '<div class="gmail_quote">On Tue Anna wrote:<blockquote>Fine? <img src="x">Really?</blockquote></div>'
        "<p>It is urgent.</p></body></html>"
    )
    text = cleaned(mail)
    assert "stopped working" in text
    assert "It is urgent." in text
    assert "alert" not in text
    assert "color" not in text
    assert "Fine?" not in text


def test_an_answer_between_quoted_lines_is_kept() -> None:
    mail = (
        "On Tue, 3 Mar 2026, Anna wrote:\n> Is it fine?\nNo, it crashes.\n> And the invoice?\nNever arrived."
    )
    assert cleaned(mail) == "No, it crashes.\nNever arrived."


@pytest.mark.parametrize(
    "line",
    [
        "From: what I can see, the total is wrong.",
        "On the invoice that you wrote: the total is wrong.",
        "Thanks, that helped a lot with the total.",
        "The document is confidential.",
        "I sent it from my desk yesterday and nobody answered me.",
    ],
)
def test_ordinary_lines_that_look_like_mail_are_kept(line: str) -> None:
    assert cleaned(f"Hello,\n{line}\nPlease check it.") == f"{line}\nPlease check it."


def test_a_long_text_after_thanks_is_no_signature() -> None:
    text = "Thanks,\n" + "\n".join(
        f"Point {n}: this is a whole sentence about something else." for n in range(12)
    )
    assert "Point 11" in cleaned(f"I read it.\n{text}")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Automatic reply: Invoice 12", "I am away."),
        ("Re: Out of Office: Invoice", ""),
        ("Undeliverable: Offer", "It failed."),
        ("Offer", "Hello,\n\nI am currently out of the office until 3 May."),
        ("Offer", "<p>I’m on annual leave and will read mail on Monday.</p>"),
        ("Ticket 12", "This is an automated message, please do not reply."),
        ("Your request", "Thank you for contacting us. A ticket was created with the number 12."),
        ("Accepted: Call on Friday", ""),
    ],
)
def test_automatic_answers_are_told_apart(subject: str, text: str) -> None:
    assert is_automatic(subject, text)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Out of stock again", "Half of our order is missing."),
        ("Automatic doors", "The automatic replies of your system are wrong."),
        ("Re: Offer", "Our office is closed on Friday, so please deliver on Monday."),
        ("", ""),
    ],
)
def test_people_are_not_taken_for_machines(subject: str, text: str) -> None:
    assert not is_automatic(subject, text)


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({"Auto-Submitted": "auto-replied"}, True),
        ({"Auto-Submitted": "no"}, False),
        ({"Precedence": "bulk"}, True),
        ({"X-Autoreply": "yes"}, True),
        ({"X-Mailer": "Outlook"}, False),
    ],
)
def test_headers_say_whether_a_machine_answered(headers: dict[str, str], automatic: bool) -> None:
    assert is_automatic("Offer", "Fine.", headers) is automatic


@given(st.text(alphabet=st.sampled_from("aA .!?<>/pbdiv=\"'\n\r-_:*&;#x0\u00a0\u2019"), max_size=300))
@settings(max_examples=150, deadline=None)
def test_anything_can_be_cleaned_and_no_word_is_invented(text: str) -> None:
    left = cleaned(text)
    assert left == left.strip()
    assert "\r" not in left
    if "&" not in text:
        assert set(left.split()) <= set(text.replace("\u00a0", " ").split()) or "<" in text


@pytest.mark.parametrize(
    "piece", ["On a wrote ", "<p>", ">", "From: a\n", "thank you for contacting ", "- ", "<div "]
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    begun = time.process_time()
    text = piece * (3 * LONGEST_TEXT // len(piece))
    cleaned(text)
    is_automatic(text, text)
    assert time.process_time() - begun < 2
