"""fetch_program.py URL SHA256 PROGRAM FOLDER: takes one program out of a .tar.gz whose hash is known."""
import hashlib
import io
import os
import sys
import tarfile
import urllib.error
import urllib.request

ANSWER_SECONDS = 10

url, sha256, program, folder = sys.argv[1:]
try:
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
        content = answer.read()
except (urllib.error.URLError, OSError) as error:
    sys.exit(f"{url} cannot be had: {error}")
found = hashlib.sha256(content).hexdigest()
if found != sha256:
    sys.exit(f"{url} has the hash {found} instead of {sha256}")
with tarfile.open(fileobj=io.BytesIO(content)) as archive:
    data = archive.extractfile(program).read()
place = os.path.join(folder, program)
with open(place, "wb") as out:
    out.write(data)
os.chmod(place, 0o755)
