"""Pictures with whatever a CRM may hold, for tests of drawing."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from bot.app.tables import CellType, Picture, Point, Shape

NAMES = (
    "Konex",
    "",
    " ",
    "W" * 200,
    "شركة النور للتجارة والمقاولات العامة المحدودة",
    "חברת אלמוג בע״מ",
    "株式会社" * 50,
    "🐑 Wool & Co 👩‍👩‍👧 🇩🇪",
    "\u202eright to left override",
    "line\nbreak\ttab\x00nul",
    "half \ud800 of a pair",
    "<!channel>",
    '"}]}, {"url": "file:///etc/passwd"}',
    "datum.value; alert(1)",
    "{{constructor}} ${7*7} <script>",
    "Z͑̾a͑̾l͑̾g͑̾o͑̾" * 20,
)
names = st.one_of(st.sampled_from(NAMES), st.text(st.characters(categories=None), max_size=300))
numbers = st.one_of(
    st.integers(-(10**24), 10**24),
    st.integers(-3, 3),
    st.decimals(-(10**9), 10**9, places=4).map(Decimal),
)
points = st.builds(Point, category=names, value=numbers, series=names)
pictures = st.builds(
    Picture,
    shape=st.sampled_from(Shape),
    title=names,
    subtitle=names,
    type=st.sampled_from(CellType),
    points=st.lists(points, max_size=40).map(tuple),
    alt=names,
    currency=st.sampled_from(("USD", "EUR", "CHF", "not a currency")),
)
