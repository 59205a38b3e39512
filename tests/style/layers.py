#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the house style says and a compiler does not:

  layers    a folder under src/ includes only folders above it in LAYERS, and a service no sibling
  licence   every source starts with its SPDX line
  pages     every folder under src/ that has code has a README.md
  globals   nothing in the library is writable at file scope, but for ALLOWED_GLOBALS
  words     no notes to self

    layers.py ROOT [--library libtarn_internal.a]
"""
import argparse
import os
import re
import subprocess
import sys

LAYERS = ['base', 'os', 'sql', 'columnar', 'store', 'lake', 'http', 'services', 'engines', 'console', 'cli']
CHECKED_FOLDERS = ['src', 'include', 'tests', 'fuzz', 'tools', 'bench', 'pipelines', 'examples', '.ci']
SOURCE_ENDS = ('.c', '.h', '.py', '.sh', 'meson.build')
SPDX = 'SPDX-License-Identifier: Apache-2.0'
NOTES_TO_SELF = re.compile(r'\b(TO' + r'DO|FIX' + r'ME|HA' + r'CK|XX' + r'X)\b')

# Writable on purpose, and why.
ALLOWED_GLOBALS = {
    'src/os/file.c:fault': 'tests inject faults into calls deep inside modules that know nothing of tests',
    'src/os/process.c:starter': 'the one thread that starts children, made with the first of them',
    'src/os/process.c:registered': 'whether the fork handler of the starter is set',
    'src/os/sandbox.c:next': 'user ids of sandboxes that run at the same time must differ',
    'src/lake/shape_pattern.c:memo': 'compiled patterns of constant tables, compiled on first use',
    'src/lake/shape_pattern.c:memo_lock': 'guards memo',
}


def sources(root):
    for top in CHECKED_FOLDERS:
        for folder, subfolders, names in os.walk(os.path.join(root, top)):
            subfolders[:] = sorted(n for n in subfolders if n not in ('__pycache__', 'node_modules'))
            for name in sorted(names):
                if name.endswith(SOURCE_ENDS):
                    yield os.path.relpath(os.path.join(folder, name), root)


def include_is_allowed(path, included):
    """Both relative to src/."""
    parts, target = path.split('/'), included.split('/')
    if len(parts) == 1 or len(target) == 1 or target[0] not in LAYERS:
        return True  # main.c; a file of the same folder; something outside src/
    if parts[0] == target[0] == 'services' and len(parts) > 2 and len(target) > 2:
        return parts[1] == target[1]
    return LAYERS.index(target[0]) <= LAYERS.index(parts[0])


def check_layers(root, paths):
    for path in paths:
        if not path.startswith('src/') or not path.endswith(('.c', '.h')):
            continue
        folder = path.split('/')[1]
        if path.count('/') > 1 and folder not in LAYERS:
            yield f'{path}: src/{folder} is not a layer'
            continue
        for number, line in enumerate(open(os.path.join(root, path), encoding='utf-8'), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if match and not include_is_allowed(path[4:], match[1]):
                yield f'{path}:{number}: must not include {match[1]}'


def check_licence_and_words(root, paths):
    for path in paths:
        with open(os.path.join(root, path), encoding='utf-8') as file:
            lines = file.read().splitlines()
        if not any(SPDX in line for line in lines[:2 if lines and lines[0].startswith('#!') else 1]):
            yield f'{path}:1: the first line must be "{SPDX}" in a comment'
        for number, line in enumerate(lines, 1):
            if NOTES_TO_SELF.search(line):
                yield f'{path}:{number}: a note to self: do it, or file an issue'


def check_pages(root, paths):
    folders = {os.path.dirname(p) for p in paths if p.startswith('src/') and p.endswith(('.c', '.h'))} - {'src'}
    for folder in sorted(folders):
        if not os.path.exists(os.path.join(root, folder, 'README.md')):
            yield f'{folder}: has no README.md'


def check_globals(library, paths):
    """Symbols in sections that stay writable once the program runs. Tables with pointers in them are in .data.rel.ro.
    An object is named after its path with _ for /; a variable of a function has a number behind its name."""
    text = subprocess.run(['nm', '--format=sysv', library], check=True, capture_output=True, text=True).stdout
    path_of = {path.replace('/', '_'): path for path in paths}
    path = ''
    for line in text.splitlines():
        heading = re.match(r'Symbols from .*/(.*)\.o\]:$', line)
        if heading:
            path = path_of.get(heading[1], heading[1])
        columns = [c.strip() for c in line.split('|')]
        if len(columns) < 7 or not re.match(r'\.(data(?!\.rel\.ro)|bss|tdata|tbss)|\*COM\*', columns[6]):
            continue
        name = re.sub(r'\.\d+$', '', columns[0])
        if name and not name.startswith('.') and f'{path}:{name}' not in ALLOWED_GLOBALS:
            yield f'{path}: {name} is a mutable global'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root')
    parser.add_argument('--library')
    arguments = parser.parse_args()
    paths = list(sources(arguments.root))
    problems = list(check_layers(arguments.root, paths))
    problems += check_licence_and_words(arguments.root, paths)
    problems += check_pages(arguments.root, paths)
    if arguments.library:
        problems += check_globals(arguments.library, paths)
    for problem in problems:
        print(problem)
    print(f'{len(paths)} files, {len(problems)} problems')
    return 1 if problems or not paths else 0


sys.exit(main())
