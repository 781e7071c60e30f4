"""Fetch Chromium 86, the kernel of the browsers in many offices, and print where it lies: tools/old_chromium.py

The npm package chrome-aws-lambda carries it (compressed with brotli, which node can read). It is kept in .cache/ and fetched
only once. Needs npm and node; about 45 MB.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "chrome-aws-lambda@5.3.1"
INTEGRITY = "KklZTy2p2U/86cCh1hKL3PGDqoirQCAg7uejvNIn0rDBkWj4Su4GOjYMRVB3kthLwmnWhh3x63RDBTCAaQ9Q3Q=="
CACHE = Path(__file__).resolve().parents[1] / ".cache" / "chromium86"
INFLATE = """
const fs = require("fs"), zlib = require("zlib");
for (const [from, to] of JSON.parse(process.argv[1])) {
  fs.createReadStream(from).pipe(zlib.createBrotliDecompress()).pipe(fs.createWriteStream(to, {mode: 0o755}));
}"""


def main() -> int:
    """Print the path of the program; 1 and a sentence when it cannot be had."""
    program = CACHE / "chromium"
    if not program.exists():
        missing = [name for name in ("npm", "node") if shutil.which(name) is None]
        if missing:
            print(f"Chromium 86 needs {' and '.join(missing)}: apt-get install --no-install-recommends npm", file=sys.stderr)
            return 1
        CACHE.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE.parent) as folder:
            fetch(Path(folder))
            Path(folder).joinpath("ready").rename(CACHE)
    print(program)
    return 0


def fetch(folder: Path) -> None:
    """Put the program and its libraries into ``folder/ready``. Raises SystemExit when the package is not the known one."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    packed = next(folder.glob("*.tgz"))
    if base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode() != INTEGRITY:
        raise SystemExit(f"{PACKAGE} is not the package that was examined: nothing was unpacked")
    ready = folder / "ready"
    ready.mkdir()
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    pairs = [[str(folder / "package" / "bin" / f"{name}.br"), str(ready / name)] for name in ("chromium", "swiftshader.tar")]
    subprocess.run(["node", "-e", INFLATE, json.dumps(pairs)], check=True)
    with tarfile.open(ready / "swiftshader.tar") as archive:
        archive.extractall(ready, filter="data")
    (ready / "swiftshader.tar").unlink()


if __name__ == "__main__":
    sys.exit(main())
