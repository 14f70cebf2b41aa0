from pathlib import Path

from typer.testing import CliRunner

from gateway.cli import app

CONFIG = Path(__file__).parents[2] / "config" / "sightline.yaml"


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["plan", *words, "--config", str(CONFIG)], env={"COLUMNS": "200"})
    return done.exit_code, done.output


def test_check_says_what_each_plan_lacks_and_what_laws_require_without_a_legal_claim() -> None:
    code, said = run("check")
    assert code == 0
    assert "Lincoln Middle School" in said
    assert "Oak Elementary School" in said
    assert "Oklahoma B.7" in said
    assert "It does not say that a plan complies with any law." in said


def test_checking_one_school_names_no_other() -> None:
    code, said = run("check", "oak")
    assert code == 0
    assert "Lincoln" not in said


def test_an_unknown_school_is_an_error_that_names_the_known_ones() -> None:
    code, said = run("coverage", "pine")
    assert code == 1
    assert "there is no school 'pine'; there are: lincoln, oak" in said


def test_own_rules_replace_those_of_the_states(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- name: Our county\n  cites: Order 7\n  rows:\n    - {asks: aeds, at: section 2}\n")
    code, said = run("check", "oak", "--rules", str(rules))
    assert code == 0
    assert "Our county section 2" in said
    assert "Oklahoma" not in said


def test_coverage_prints_a_table_and_draws_it(tmp_path: Path) -> None:
    code, said = run("coverage", "lincoln", "--svg", str(tmp_path / "drawings"))
    assert code == 0
    assert "seen twice" in said
    assert (tmp_path / "drawings" / "lincoln-middle-school-coverage.svg").read_text().startswith("<svg ")
