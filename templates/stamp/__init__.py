"""The fast path: a template is compiled once through LibreOffice, each paper is then written by Python alone."""
