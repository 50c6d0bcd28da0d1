"""Print what a check found, and end with exit code 2 if there are problems."""

import argparse
from pathlib import Path

from artificial_genomes.check.screen import PROBLEM, read_survey, screen
from artificial_genomes.core import program
from artificial_genomes.core.errors import UserError


def main() -> None:
    """Print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=Path, required=True, help="table that check.py wrote")
    args = parser.parse_args()

    table = read_survey(args.check)
    print("\n".join(screen(table)), flush=True)
    if number := int((table["topic"] == PROBLEM).sum()):
        problems = (
            "1 problem, shown above. Correct it" if number == 1 else f"{number} problems, shown above. Correct them"
        )
        raise UserError(f"{problems} before the run.")


if __name__ == "__main__":
    program.run(main)
