"""extract_wheel.py WHEEL FOLDER: takes TensorFlow's shared libraries and the headers of its C API out of a wheel."""
import os
import shutil
import sys
import zipfile

LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
HEADERS = ("/tensorflow/c/", "/tsl/", "/core/platform/")


def place_of(name):
    if name.startswith("tensorflow/include/") and name.endswith(".h") and any(part in name for part in HEADERS):
        return name[len("tensorflow/"):]
    if os.path.dirname(name) == "tensorflow" and os.path.basename(name) in LIBRARIES:
        return os.path.join("lib", os.path.basename(name))
    return None


wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        place = place_of(name)
        if place is None:
            continue
        target = os.path.join(folder, place)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
