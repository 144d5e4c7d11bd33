"""Schemes in code, and what installed distributions bring: found by their metadata, imported when they are asked for.

A distribution registers by entry points. In the group ``sealstamp.schemes``, ``NAME = "module:object"`` is code that
scheme files name under ``[code]``; in ``sealstamp.scheme_files``, ``anything = "package.folder"`` is a folder of scheme
files that join the catalogue. Names of this package come first, so that nothing that is installed can take their place.
"""
