import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.configuration.yaml_source import MOST_CHARACTERS, parse_yaml


def test_every_key_and_entry_knows_its_line() -> None:
    document = parse_yaml("# comment\ndistrict: X\nsites:\n  - id: a\n    name: A\n  - id: b\n")
    assert document.value == {"district": "X", "sites": [{"id": "a", "name": "A"}, {"id": "b"}]}
    assert document.lines == {
        (): 2,
        ("district",): 2,
        ("sites",): 3,
        ("sites", 0): 4,
        ("sites", 0, "id"): 4,
        ("sites", 0, "name"): 5,
        ("sites", 1): 6,
        ("sites", 1, "id"): 6,
    }
    assert document.problems == ()


def test_a_key_given_twice_is_reported_with_both_lines() -> None:
    document = parse_yaml("http:\n  port: 1\n  host: x\n  port: 2\n")
    assert document.problems == ((4, ("http", "port"), "is given twice, first in line 2"),)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed here"),
        ("a:\n  - x\n  y: 1\n", 3, "expected <block end>"),
        ("a: [1, 2\nb: 3\n", 2, "expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", 2, "cannot start any token"),
        ("a: *other\n", 1, "found undefined alias"),
        ("a: b\0\n", 1, "contains a character that YAML does not allow"),
        ("a: &x\n  b: *x\n", 1, "refers to itself"),
        ("? [a, b]\n: 1\n", 1, "has a key that is not text"),
        ("until: 2027-13-45\n", 1, "looks like a date, a number or a tag but is not one"),
        ("until: !!python/object:os.system x\n", 1, "looks like a date, a number or a tag but is not one"),
        ("---\na: 1\n---\nb: 2\n", 3, "expected a single document"),
        ("[" * 5000, 1, "is nested too deeply"),
    ],
)
def test_invalid_yaml_is_reported_with_its_line(text: str, line: int, words: str) -> None:
    document = parse_yaml(text)
    assert [(found[0], words in found[2]) for found in document.problems] == [(line, True)], document.problems


def bomb(levels: int, width: int = 9) -> str:
    """Return a few lines whose aliases expand to ``width`` to the power of ``levels`` values."""
    lines = ["a0: &a0 x"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels + 1)]
    return "\n".join(lines)


def test_aliases_that_expand_to_a_billion_values_are_refused_at_once() -> None:
    [(line, _, words)] = parse_yaml(bomb(9)).problems
    assert 5 <= line <= 10
    assert "expands to too many values" in words
    keys = "\n".join(["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}" for n in range(1, 31))])
    assert "expands to too many values" in parse_yaml(keys).problems[0][2]


def test_a_few_aliases_may_be_used() -> None:
    assert parse_yaml("a: &a [x, y]\nb: [*a, *a]\n").value == {"a": ["x", "y"], "b": [["x", "y"], ["x", "y"]]}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x: 1\ny: " + "[" * 5000, 2),
        ("x: 1\ny:\n  " + "- " * 5000 + "z", 3),
        ("".join(f"{' ' * n}a:\n" for n in range(60)), 32),
    ],
)
def test_values_nested_too_deeply_are_reported_with_their_line(text: str, line: int) -> None:
    [(found, _, words)] = parse_yaml(text).problems
    assert (found, "nested too deeply" in words) == (line, True)


def test_a_huge_file_is_refused_without_reading_it() -> None:
    [(line, _, words)] = parse_yaml("a: [" + "x, " * MOST_CHARACTERS).problems
    assert (line, "is too large" in words) == (1, True)


@pytest.mark.parametrize(
    "written", ["*hunter2", "&hunter2 *x", "!hunter2 x", "'hunter2", "%hunter2", "[hunter2", "@hunter2"]
)
def test_a_password_that_is_not_valid_yaml_is_not_repeated(written: str) -> None:
    document = parse_yaml(f"password: {written}\nother: x\n")
    assert document.problems
    assert "hunter2" not in str(document.problems)


@given(st.text(alphabet="ab:-[]{}&*!%@'\"\n #\t|>?,<~0", max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    document = parse_yaml(text)
    assert all(line >= 1 for line, _, _ in document.problems)
