"""Drafts the Word templates: a template made here is a source of its own that office staff may edit."""
