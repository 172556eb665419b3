"""Spreadsheets as offices send them: opened by a limited child process, read cell by cell, written as plain text."""
