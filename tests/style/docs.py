#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the documents true:

  paths      every path of the project that README.md, docs/ and the folders' READMEs name in backticks is there
  links      every relative link leads somewhere
  commands   every `tarn COMMAND` that they name is in the command line's table
  keyspaces  docs/on-disk.md tells of every keyspace of src/store/keyspaces.h, and of no other

    docs.py ROOT
"""
import glob
import os
import re
import sys

TOPS = ('src', 'include', 'runtime', 'pipelines', 'examples', 'docs', 'tests', 'fuzz', 'bench', 'tools', '.ci')
FILE_ENDS = ('.c', '.h', '.py', '.md', '.sh', '.yaml', '.mjs')
COMMANDS_IN_TEXT = re.compile(r'(?:^|[`(|;&]\s*|\$\(|\./build/|\bbuild/)tarn +([a-z]+)\b', re.MULTILINE)


def documents(root):
    found = glob.glob(os.path.join(root, '**', '*.md'), recursive=True)
    paths = sorted(os.path.relpath(path, root) for path in found)
    return [p for p in paths if p == 'README.md' or p.split('/')[0] in TOPS]


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as file:
        return file.read()


def without_blocks(text):
    return re.sub(r'^```.*?^```', '', text, flags=re.DOTALL | re.MULTILINE)


def is_there(root, document, name):
    """Paths are relative to the project, to src/, or to the document's folder and its tests."""
    folder = os.path.dirname(document)
    bases = [root, os.path.join(root, 'src'), os.path.join(root, folder)]
    if folder.startswith('src/'):
        bases += [os.path.join(root, 'src', 'services'), os.path.join(root, 'tests', 'unit', folder[4:]),
                  os.path.join(root, 'tests', 'wire'), os.path.join(root, 'fuzz')]
    return any(glob.glob(os.path.join(base, name)) for base in bases)


def looks_like_a_path(name):
    if re.search(r'[^\w./*-]', name) or name.startswith(('/', '*')) or 'NAME' in name:
        return False
    return name.split('/')[0] in TOPS if '/' in name else name.endswith(FILE_ENDS)


def check_paths(root, document, text):
    for name in re.findall(r'`([^`\n]+)`', without_blocks(text)):
        if looks_like_a_path(name) and not is_there(root, document, name.rstrip('/')):
            yield f'{document}: `{name}` is not there'
    for target in re.findall(r'\]\(([^)#\s]+)[^)]*\)', without_blocks(text)):
        if '://' not in target and not os.path.exists(os.path.join(root, os.path.dirname(document), target)):
            yield f'{document}: the link to {target} leads nowhere'


def commands(root):
    table = re.search(r'COMMANDS\[\] = \{(.*?)\n\};', read(root, 'src/cli/cli.c'), re.DOTALL)
    return set(re.findall(r'^\s*\{"(\w+)"', table[1], re.MULTILINE))


def check_commands(document, text, known):
    for name in COMMANDS_IN_TEXT.findall(text):
        if name not in known:
            yield f'{document}: there is no command `tarn {name}`'


def check_keyspaces(root):
    known = set(re.findall(r'^\s*X\((\w+),', read(root, 'src/store/keyspaces.h'), re.MULTILINE))
    page = read(root, 'docs/on-disk.md')
    told = set()
    for line in page.splitlines():
        first_column = re.match(r'\|([^|]+)\|', line)
        if first_column:
            told.update(re.findall(r'`([A-Z][A-Z0-9_]+)`', first_column[1]))
    for name in sorted(known - set(re.findall(r'\b[A-Z][A-Z0-9_]+\b', page))):
        yield f'docs/on-disk.md: says nothing of the keyspace {name}'
    for name in sorted(told - known):
        yield f'docs/on-disk.md: {name} is not a keyspace'


def main():
    root = sys.argv[1]
    paths = documents(root)
    known = commands(root)
    problems = []
    for path in paths:
        text = read(root, path)
        problems += check_paths(root, path, text)
        problems += check_commands(path, text, known)
    problems += check_keyspaces(root)
    for problem in problems:
        print(problem)
    print(f'{len(paths)} documents, {len(problems)} problems')
    return 1 if problems or not known or 'README.md' not in paths else 0


sys.exit(main())
