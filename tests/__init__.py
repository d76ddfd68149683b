"""The tests. A package by name, since another distribution installs one that is called the same."""
