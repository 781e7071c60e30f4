"""Write the permission matrix: how every route answers every role inside and outside of what the role reaches.

    python tools/permission_matrix.py            write tests/core/permission_matrix.csv
    python tools/permission_matrix.py --check    print what differs from it, and fail when anything does

The file is what people have approved: after writing it, read the difference (``git diff``) line by line before you
commit it. A line that opens something must be wanted.
"""
from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))


def collect() -> dict[str, dict[tuple[str, str], tuple[str, ...]]]:
    """Walk all routes with all roles on a fresh SQLite database."""
    from support import permission_matrix as matrix

    from grid321.core.testing_apps import Apps
    from grid321.core.testing_databases import Databases, make_folder

    folder = make_folder()
    modules = matrix.plugins()
    apps = Apps(Databases("sqlite", folder))
    try:
        ground = matrix.prepare(apps.make(*modules), modules)
        return {role: matrix.walk(ground, role) for role in matrix.roles()}
    finally:
        apps.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Write or check; returns the exit status."""
    from support import permission_matrix as matrix

    found = collect()
    if "--check" in sys.argv[1:]:
        lines = matrix.differences(found, matrix.read())
        print("\n".join(lines) or "the matrix is as approved")
        return 1 if lines else 0
    print(f"{matrix.write(found)} lines written to {matrix.CSV.relative_to(ROOT)}: read the difference before you commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
