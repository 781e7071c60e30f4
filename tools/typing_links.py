"""Make ``build/typing/grid321`` with links to the mapped folders, so that type checkers find ``grid321.*``.

Type checkers do not read the mapping of an editable install; they do read a folder that looks like the package.
Prints the folder to put on MYPYPATH.
"""

import configparser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def mapping() -> dict[str, str]:
    """Return import name -> folder from ``package_dir`` in setup.cfg."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["options"]["package_dir"].split("\n")
    pairs = (line.split("=") for line in lines if "=" in line)
    return {name.strip(): folder.strip() for name, folder in pairs}


def main() -> None:
    """Make or refresh the links."""
    base = ROOT / "build" / "typing"
    for name, folder in mapping().items():
        link = base.joinpath(*name.split("."))
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            link.unlink()
        link.symlink_to(ROOT / folder, target_is_directory=True)
    print(base.relative_to(ROOT))


if __name__ == "__main__":
    main()
