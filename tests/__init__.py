"""Tests, and what they run beside the hub; a package, because one that the tests install brings a ``tests`` of its own."""
