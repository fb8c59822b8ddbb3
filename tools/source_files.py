"""Which C++ files are ours: those that git tracks or would track; without git, those under the known folders."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["actors", "admin", "app", "bench", "client", "core", "examples", "net", "obs", "proto", "storage", "tests"]


def cpp_files(root=ROOT):
    """Paths relative to `root`, sorted."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.cpp", "*.hpp"],
        cwd=root, capture_output=True, text=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        found = {pathlib.PurePosixPath(line) for line in listing.stdout.splitlines()}
    else:
        found = {pathlib.PurePosixPath(path.relative_to(root).as_posix())
                 for folder in FOLDERS for pattern in ("*.cpp", "*.hpp") for path in (root / folder).rglob(pattern)}
    return sorted(path for path in found if (root / path).is_file())
