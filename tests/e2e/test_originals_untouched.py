"""Photos are only ever read: after everything, each file is what it was, and nothing was added beside them."""
import hashlib
import os
import shutil

import pytest

from conftest import ROOT, run_server


def snapshot(folder):
    rows = {}
    for path in sorted([folder, *folder.rglob('*')]):
        stat = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else None
        rows[str(path)] = (stat.st_mode, stat.st_size if digest else None, stat.st_mtime_ns, stat.st_ino, digest)
    return rows


@pytest.fixture
def folder(tmp_path, samples, photos):
    """Photos of many kinds, good and bad, links, an XMP beside one, odd names."""
    (photos / 'sub folder').mkdir()
    shutil.copy(samples / 'opencv/apple.jpg', photos / 'sub folder/äpfel ☂ "x".jpg')
    (photos / 'home.xmp').write_text('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    (photos / 'broken.jpg').write_bytes((samples / 'opencv/home.jpg').read_bytes()[:5000])
    (photos / 'empty.png').write_bytes(b'')
    (photos / 'note.txt').write_text('x')
    os.symlink(photos / 'home.jpg', photos / 'link.jpg')
    os.symlink(photos, photos / 'sub folder/loop')
    shared = ROOT.parent / 'shared/photos'
    for name in ('exif-orientation', 'immich-test-assets', 'awkward'):
        if (shared / name).is_dir():
            shutil.copytree(shared / name, photos / name, copy_function=shutil.copy)
    for path in photos.rglob('*'):
        if not path.is_symlink():
            os.chmod(path, 0o755 if path.is_dir() else 0o644)
    return photos


def test_everything_leaves_them_alone(folder, library, hone, quick):
    before = snapshot(folder)
    hone('index', folder).ok()
    hone('index', folder).ok()
    photo = folder / 'home.jpg'
    hone('search', 'a flower', '--like', photo, '--unlike', folder / 'orange.jpg').ok()
    hone('search', '--from', photo).ok()
    hone('similar', photo).ok()
    hone('show', photo).ok()
    with run_server(folder, library=library) as server:
        server.wait_idle()
        for row in server.get('/photos?limit=1000').json()['photos'][:30]:
            for route in ('', '/thumbnail?size=240', '/thumbnail?size=1080', '/original', '/similar'):
                server.get(f'/photos/{row["id"]}{route}')
        server.post('/scan')
        server.wait_idle()
    hone('folders', 'remove', folder).ok()
    assert snapshot(folder) == before


def test_a_read_only_folder_is_enough(folder, library, hone, quick):
    for path in [folder, *folder.rglob('*')]:
        if not path.is_symlink():
            os.chmod(path, 0o555 if path.is_dir() else 0o444)
    try:
        assert hone('index', folder, '--json').ok().json()['photos'] >= 12
    finally:
        for path in [folder, *folder.rglob('*')]:
            if path.is_dir() and not path.is_symlink():
                os.chmod(path, 0o755)
