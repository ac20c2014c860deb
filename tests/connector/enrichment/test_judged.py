"""How the benchmark counts technologies beside two judges' verdicts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.judged import PAGES_IN_A_SAMPLE, VERDICTS, judged, sample_of

PAGES = tuple(f"page-{number}" for number in range(2 * PAGES_IN_A_SAMPLE + 9))


def test_a_hit_is_right_where_both_judges_say_so(tmp_path: Path) -> None:
    first, second = sample_of(PAGES).values()
    verdicts = tmp_path / "verdicts.csv"
    verdicts.write_text(
        "sample,page,technology,first_judge,second_judge\n"
        f"1,{first[0]},Hotjar,right,right\n"
        f"1,{first[0]},Drift,right,doubtful\n"
        f"1,{first[1]},Drift,right,right\n"
        f"2,{second[0]},Hotjar,wrong,wrong\n"
    )
    found: dict[str, list[str]] = {page: [] for page in PAGES}
    found[first[0]] = ["Hotjar", "Drift", "Wix"]
    outcome = judged(found, verdicts)
    assert (outcome["1"].hits, outcome["1"].right) == (3, 1), "what nobody judged is not taken for right"
    assert outcome["1"].wrong == ((first[0], "Drift"),)
    assert outcome["1"].unjudged == ((first[0], "Wix"),)
    assert outcome["1"].lost == ((first[1], "Drift"),)
    assert (outcome["2"].hits, outcome["2"].wrong, outcome["2"].lost) == (0, (), ())


def test_the_samples_are_apart_and_the_verdicts_are_of_their_pages() -> None:
    first, second = sample_of(PAGES).values()
    assert len(first) == len(second) == len({*first, *second}) / 2 == PAGES_IN_A_SAMPLE
    lines = [line.split(",") for line in VERDICTS.read_text().splitlines()[1:]]
    assert {line[0] for line in lines} == {"1", "2"}
    assert {verdict for line in lines for verdict in line[3:]} == {"right", "wrong", "doubtful"}
    assert not {line[1] for line in lines if line[0] == "1"} & {line[1] for line in lines if line[0] == "2"}
