# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/troubleshooting.md quotes the program: each quoted line must still exist in src/. Links between pages must lead somewhere."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def said_by_the_program():
    """Returns all string literals of the sources, adjacent ones joined; {} and quotes are replaced as in running text."""
    texts = []
    for file in sorted((ROOT / 'src').rglob('*.cpp')):
        source = file.read_text()
        for literal in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', source):
            texts.append(''.join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', literal)))
    return texts


def test_each_error_line_is_still_said():
    texts = said_by_the_program()
    lines = re.findall(r'^\| `(.+?)`+ \| ', (ROOT / 'docs/troubleshooting.md').read_text(), re.M)
    assert len(lines) > 20
    for line in lines:
        # "..." stands for any text, including a placeholder of the program.
        parts = [re.escape(part.strip()) for part in line.split('...') if part.strip(' ;:')]
        pattern = re.compile('.*'.join(parts))
        assert any(pattern.search(text) for text in texts), line


def test_links_between_pages_lead_somewhere():
    pages = [ROOT / 'README.md', *sorted((ROOT / 'docs').rglob('*.md'))]
    wrong = [(page.name, link) for page in pages for link in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', page.read_text()) if not (page.parent / link).exists()]
    assert not wrong
    linked = {(page.parent / link).resolve() for page in pages for link in re.findall(r'\]\(([^)#:]+\.md)', page.read_text())}
    assert set(pages[1:]) <= linked, f'no page leads to {set(pages[1:]) - linked}'
