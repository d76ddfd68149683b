"""The store: models, migrations, the committer that writes and the connection that reads."""
